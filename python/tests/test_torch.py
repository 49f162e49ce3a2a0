# SPDX-License-Identifier: BSD-3-Clause
"""PyTorch itself, where it is installed: nothing here installs it, for its wheel brings gigabytes. The other tests have
a stand-in for its tensors."""
import numpy as np
import pytest

import rowcast

torch = pytest.importorskip("torch")


def test_tensors_in_and_out():
    weights, x = torch.randn(30, 4), torch.randn(2, 3, 30)
    wanted = (x.double() @ weights.double()).numpy()
    plan, out = rowcast.Plan(weights), torch.empty(2, 3, 4)
    assert np.allclose(plan(x), wanted, atol=1e-5)
    assert plan(x, out) is out and np.allclose(out.numpy(), wanted, atol=1e-5)
    assert torch.from_dlpack(plan(x)).shape == (2, 3, 4)
    assert np.allclose(plan(x[:, ::2]), wanted[:, ::2], atol=1e-5)
    assert (plan.predict(x) == wanted.argmax(-1)).all()
    with pytest.raises(TypeError, match="float64"):
        plan(x.double())
    with pytest.raises(ValueError, match="detach"):
        plan(x.clone().requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_layers(dtype):
    layer, x = torch.nn.Linear(30, 4).to(dtype), torch.randn(5, 30)
    wanted = torch.nn.functional.linear(x.double(), layer.weight.double(), layer.bias.double()).detach().numpy()
    state = layer.state_dict()
    for plan in (rowcast.Plan.from_linear(layer), rowcast.Plan.from_linear(state["weight"], state["bias"])):
        assert np.allclose(plan(x), wanted, atol=1e-5)


def test_random_weights():
    torch.manual_seed(7)
    assert np.allclose(torch.randn(50, 3).numpy(), rowcast.randn(50, 3, seed=7), atol=2e-6, rtol=0)
