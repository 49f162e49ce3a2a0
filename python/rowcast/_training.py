# SPDX-License-Identifier: BSD-3-Clause
"""Plans from models that other libraries trained. None of these libraries is imported here: what is taken from a model
are its arrays."""
import warnings

import numpy as np


def from_linear(cls, layer, bias=None, **options):
    """A plan of torch.nn.Linear, or of a weight of its shape, N x K, as a state_dict has it, and a bias. The options
    are Plan's."""
    weight = getattr(layer, "weight", layer)
    if bias is None:
        bias = getattr(layer, "bias", None)
    weight, bias = (_detached(one) for one in (weight, bias))
    if not hasattr(weight, "T"):
        weight = np.asarray(weight)
    if getattr(weight, "ndim", 2) != 2:
        raise ValueError(f"weight: two dimensions needed, N x K, not {weight.ndim}")
    return cls(weight.T, bias=bias, **options)


def _detached(tensor):
    return tensor.detach() if hasattr(tensor, "detach") else tensor


def from_keras(cls, layer, **options):
    """A plan of keras.layers.Dense: its outputs before the activation. The options are Plan's."""
    arrays = layer.get_weights()
    if not 1 <= len(arrays) <= 2 or arrays[0].ndim != 2:
        raise ValueError(f"{type(layer).__name__} is not a Dense layer with weights: {len(arrays)} arrays")
    return cls(arrays[0], bias=arrays[1] if len(arrays) == 2 else None, **options)


def from_sklearn(cls, model, **options):
    """A plan of a fitted linear model of scikit-learn: its decision_function, or a regressor's predict. A classifier's
    classes are model.classes_[plan.predict(x)]; for that, one of two classes has two columns, 0 and the decision. The
    options are Plan's."""
    if not hasattr(model, "coef_"):
        raise ValueError(f"{type(model).__name__} has no coef_: it is not linear, or not fitted")
    if not isinstance(model.coef_, np.ndarray):
        raise TypeError(f"coef_ is sparse ({type(model.coef_).__name__}); model.densify() makes it an array")
    weights = np.atleast_2d(model.coef_)
    bias = np.broadcast_to(np.asarray(model.intercept_, weights.dtype), len(weights))
    _check_linear(model, weights, bias)
    if hasattr(model, "classes_") and len(weights) == 1:
        weights = np.concatenate([np.zeros_like(weights), weights])
        bias = np.concatenate([np.zeros_like(bias), bias])
    elif hasattr(model, "classes_") and len(weights) != len(model.classes_):
        raise ValueError(f"{type(model).__name__}: {len(weights)} decisions for {len(model.classes_)} classes; "
                         "only one against the rest is supported")
    return cls(weights.T, bias=bias, **options)


def _check_linear(model, weights, bias):
    """Models have coef_ that centre their rows, or put the outputs through a function: one row tells."""
    classifies = hasattr(model, "classes_")
    outputs = getattr(model, "decision_function", None if classifies else getattr(model, "predict", None))
    if outputs is None:
        return
    row = np.linspace(-1.0, 1.0, weights.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the row's features have no names
        told = np.ravel(outputs(row[np.newaxis]))
    wanted = row @ weights.T.astype(float) + bias
    close = 1e-4 * np.abs(wanted).max(initial=0)
    if told.shape != wanted.shape or not np.allclose(told, wanted, rtol=1e-4, atol=close):
        raise ValueError(f"{type(model).__name__}: what it computes is not x @ coef_.T + intercept_ alone")
