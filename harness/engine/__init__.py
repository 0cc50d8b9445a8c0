"""Networks trained many at a time, as one tensor program on a CPU or a GPU.

| to | take |
|---|---|
| train networks of Frei, Cao, Gu (2019) by gradient descent, and get their traces | `train.train`, `Run`, `Network` |
| follow gradient flow or descent of those of E, Ma, Wang, Wu (2019) | `skip_flow.gradient_flow`, `gradient_descent` |
| halve the step of a flow until its error decides nothing | `flow.refined`, `Measured` |
"""
