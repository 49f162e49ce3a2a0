# SPDX-License-Identifier: BSD-3-Clause
"""Plans of models, by stand-ins that have what those of PyTorch, scikit-learn and Keras have."""
import types

import numpy as np
import pytest
from conftest import Tensor

import rowcast


class TestModels:
    def setup_method(self):
        random = np.random.default_rng(2)
        self.x = random.standard_normal((20, 8)).astype(np.float32)
        self.weight, self.bias = random.standard_normal((3, 8)).astype(np.float32), random.standard_normal(3)

    def close(self, plan, wanted):
        return np.allclose(plan(self.x), wanted, rtol=1e-5, atol=1e-5)

    def test_linear(self):
        wanted = self.x @ self.weight.T + self.bias
        layer = types.SimpleNamespace(weight=Tensor(self.weight, requires_grad=True),
                                      bias=Tensor(self.bias.astype(np.float32), requires_grad=True))
        assert self.close(rowcast.Plan.from_linear(layer), wanted)
        assert self.close(rowcast.Plan.from_linear(self.weight, self.bias), wanted)
        assert self.close(rowcast.Plan.from_linear(Tensor(self.weight)), self.x @ self.weight.T)
        layer.bias = None
        plan = rowcast.Plan.from_linear(layer, threads=1, order="naive")
        assert self.close(plan, self.x @ self.weight.T) and (plan.threads, plan.order) == (1, "naive")
        with pytest.raises(ValueError, match="N x K"):
            rowcast.Plan.from_linear(self.weight[0])

    def test_keras(self):
        layer = types.SimpleNamespace(get_weights=lambda: [self.weight.T.copy(), self.bias.astype(np.float32)])
        assert self.close(rowcast.Plan.from_keras(layer), self.x @ self.weight.T + self.bias)
        layer.get_weights = lambda: [self.weight.T]
        assert self.close(rowcast.Plan.from_keras(layer), self.x @ self.weight.T)
        for arrays in ([], [self.bias], [self.weight] * 3):
            layer.get_weights = lambda arrays=arrays: arrays
            with pytest.raises(ValueError, match="Dense"):
                rowcast.Plan.from_keras(layer)

    def test_sklearn(self):
        model = types.SimpleNamespace(coef_=self.weight.astype(np.float64), intercept_=self.bias,
                                      classes_=np.array(["a", "b", "c"]))
        wanted = self.x @ self.weight.T + self.bias
        plan = rowcast.Plan.from_sklearn(model)
        assert self.close(plan, wanted) and (plan.predict(self.x) == wanted.argmax(1)).all()
        two = types.SimpleNamespace(coef_=model.coef_[:1], intercept_=self.bias[:1], classes_=np.array(["no", "yes"]))
        decision = wanted[:, 0]
        plan = rowcast.Plan.from_sklearn(two)
        assert plan.n == 2 and self.close(plan, np.stack([np.zeros(20), decision], 1))
        assert (two.classes_[plan.predict(self.x)] == np.where(decision > 0, "yes", "no")).all()
        regressor = types.SimpleNamespace(coef_=model.coef_[0], intercept_=0.0)
        assert self.close(rowcast.Plan.from_sklearn(regressor), (self.x @ self.weight[0])[:, None])
        with pytest.raises(ValueError, match="not fitted"):
            rowcast.Plan.from_sklearn(types.SimpleNamespace())
        with pytest.raises(TypeError, match="densify"):
            rowcast.Plan.from_sklearn(types.SimpleNamespace(coef_="sparse"))
        pairs = types.SimpleNamespace(coef_=np.ones((6, 8)), intercept_=np.ones(6), classes_=np.arange(4))
        with pytest.raises(ValueError, match="one against the rest|only one"):
            rowcast.Plan.from_sklearn(pairs)

    def test_sklearn_that_is_not_linear(self):
        regressor = types.SimpleNamespace(coef_=self.weight[0].astype(np.float64), intercept_=0.5)
        regressor.predict = lambda x: x @ regressor.coef_ + 0.5
        assert self.close(rowcast.Plan.from_sklearn(regressor), (self.x @ self.weight[0] + 0.5)[:, None])
        regressor.predict = lambda x: np.exp(x @ regressor.coef_ + 0.5)
        with pytest.raises(ValueError, match="alone"):
            rowcast.Plan.from_sklearn(regressor)
        pairs = types.SimpleNamespace(coef_=self.weight.astype(np.float64), intercept_=self.bias, classes_=np.arange(3))
        pairs.decision_function = lambda x: (x @ pairs.coef_.T + self.bias)[:, ::-1]
        with pytest.raises(ValueError, match="alone"):
            rowcast.Plan.from_sklearn(pairs)

    def test_sklearn_itself(self):
        linear_model = pytest.importorskip("sklearn.linear_model")
        y = (self.x[:, 0] > 0).astype(int) + (self.x[:, 1] > 0)
        for labels in (y, y > 0):
            for model in (linear_model.LogisticRegression(), linear_model.SGDClassifier(random_state=1)):
                model.fit(self.x, labels)
                plan = rowcast.Plan.from_sklearn(model)
                assert (model.classes_[plan.predict(self.x)] == model.predict(self.x)).all()
