r"""Lemma C.4: the output as a function of a sparse vector in some layer.

Statement.  Consider $g_l(a) := v^\top \Sigma_{L+1}(x)^\top W_{L+1}^\top \xi_l\, a$, where
            $\xi_l \in \mathbb R^{m_L \times m_l}$ and $l \ge 2$. Assume that with probability at least $1-\delta$,
            $\|\xi_l\|_2 \le C_0$ for all $l$. Then provided $s\log m = \Omega(\log(L/\delta))$, we have with probability at
            least $1-\delta$, for all $l$,
            $$\sup_{\|a\|_2 = 1,\ \|a\|_0 \le s} |g_l(a)| \le C_1\sqrt{s\log m}.$$
            Proof: $g_l(a) = \sum_{j \le m_{L+1}/2} \big[\sigma(w_{L+1,j}^\top\xi_{l+1}a) -
            \sigma(w_{L+1,j+m_{L+1}/2}^\top\xi_{l+1}a)\big]$, and "since $g$ is linear", $g_l(a) = g_l(\hat a) + g_l(a - \hat a)$.
Source.     Frei, Cao, Gu (2019), Lemma C.4, proof in appendix D.3. $x$ is not quantified; here it is fixed. Lemma B.5 uses
            the bound for all $x$, see there.
Regime.     $s\log m$ against $\log(L/\delta)$. $\xi_l = H_l^L(x)$ with $\theta = 1/L$, and $\xi = I$.
Worst case. In closed form: the supremum over $a$ is the norm of the $s$ largest entries of
            $\xi_l^\top W_{L+1}\Sigma_{L+1}v$, which one backward pass gives for every $l$. Where $\xi$ may be anything of norm
            one, $\xi = u e_1^\top$ with $u$ along $W_{L+1}\Sigma_{L+1}v$ reaches $\|W_{L+1}\Sigma_{L+1}v\|$.
            The proof's two steps are tried in integers.
Known.      For $\xi = I$ the entries of $W_{L+1}\Sigma_{L+1}v$ are nearly independent and normal with variance one, because half
            of the units are active; so for $s = 1$ the ratio tends to $\sqrt2$.
Control.    All signs of $v$ equal, with $\xi = x_L e_1^\top/\|x_L\|$: then $g(e_1) \approx \sqrt{m/\pi}$. (With $\xi = I$ it would not
            matter: a part of size $\sqrt m$ along $x_L$ is spread over all entries.) The bound without $s$. In the proof: the sum of the two terms in place of the difference.
Readings.   independent: $\xi_l$ is independent of $W_{L+1}$, as the proof assumes and as it is where the lemma is used.
            along_x: $\xi a$ is a positive multiple of $x_L$. definition: the $g$ of the lemma in place of the sum.
Erratum.    Without independence the lemma is false: $\|W_{L+1}\Sigma_{L+1}v\| \approx \sqrt m$ is no
            $O(\sqrt{s\log m})$. Add "independent of $W_{L+1}$". The sum in the proof is not $g_l$, whose pattern is that of $x$
            and not of $a$, and it is not linear: with $m_L = 1$, $m_{L+1} = 2$, $x_L = \xi = 1$, $w = (1, 2)$, $a = -1$, the sum
            is 0 and $g = 1$. The lemma is not hurt: for fixed $a$, $g_l(a)$ is a sum of independent differences
            as well, and $g_l$ is linear.
"""

from math import log

import torch

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.adversaries import top_s_norm
from lemmata.claims.fcg import FCG
from lemmata.generators import fcg_gaussian, sphere
from lemmata.networks.fcg import backward, forward

sparse = Claim(
    "fcg.lemma_C4",
    paper=FCG,
    place="Lemma C.4",
    axes=[Axis("m", 24, 384, exponent=0), Axis("s", 1, 24, exponent=0.5), Axis("L", 2, 16, exponent=0)],
    derived={
        "delta": lambda p: 0.1,
        "theta": lambda p: 1 / p.L,
        "width": lambda p: p.m + p.m % 2,
        "d": lambda p: 4,
    },
    regime=[Condition(r"s \log m \ge C \log(L/\delta)", lambda p: p.s * log(p.m) / log(p.L / p.delta), constant="C")],
    readings={"independent": "xi_l is independent of W_{L+1}, as the proof assumes"},
    uses=["fcg.lemma_4_1_interlayer", "fcg.lemma_C4_linearity"],
    batch=8,  # 16 layers of width 384: 32 networks take 0.6 GB
)

proof = Claim(
    "fcg.lemma_C4_linearity",
    paper=FCG,
    place="Proof of Lemma C.4",
    points=[
        {"w_1": w_1, "w_2": w_2, "a": a, "b": b}
        for w_1, w_2, a, b in ((1, 2, -1, 1), (1, -1, 2, -1), (3, 1, -2, 1), (-1, 2, 1, -3))
    ],
    readings={
        "along_x": "xi a is a positive multiple of x_L, so that the pattern of a is that of x",
        "definition": "the g of the lemma in place of the sum",
    },
)


def network(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.width, p.L)
    return W, forward(W, sphere(rngs, 1, p.d), p.theta)


def right_side(p):
    return (p.s * log(p.m)) ** 0.5


@sparse.at_most(
    "any",
    quantity="sup |g(a)|, any xi of norm one",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.TREND,
    erratum="False unless xi_l is independent of W_{L+1}: xi = u e_1', u along W_{L+1} Sigma v, gives about sqrt m.",
)
def xi_depends_on_the_last_layer(p, rngs):
    W, net = network(p, rngs)
    return backward(W, net)[p.L][:, 0].norm(dim=-1), right_side(p)


@sparse.at_most(
    "sup",
    quantity="sup |g(a)|",
    reading="independent",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def xi_is_interlayer(p, rngs):
    W, net = network(p, rngs)
    q = torch.stack(backward(W, net)[1:-1], 1)[:, :, 0]  # l = 2 .. L+1, with the identity for the last
    return top_s_norm(q, p.s).amax(1), right_side(p)


@sparse.control("any")
@sparse.control("sup")
def without_s(p, lhs, rhs):
    return lhs, rhs / p.s**0.5


@sparse.control("sup")
def signs_of_one_kind(p, rngs):
    _, net = network(p, rngs)  # xi = x_L e_1^T / ||x_L||, a = e_1
    return (net.x[-1].sum(-1) / net.x[-2].norm(dim=-1))[:, 0], right_side(p)


def relu(z):
    return max(z, 0)


def g(p, a):
    """v^T Sigma W^T a for m_L = 1, m_{L+1} = 2 and x_L = xi = 1."""
    return (p.w_1 > 0) * p.w_1 * a - (p.w_2 > 0) * p.w_2 * a


def sum_of_the_proof(p, a):
    return relu(p.w_1 * a) - relu(p.w_2 * a)


def smallest_case(p):
    """g(a), and the sum of the proof."""
    sigma = [int(w > 0) for w in (p.w_1, p.w_2)]
    definition = sigma[0] * p.w_1 * p.a - sigma[1] * p.w_2 * p.a
    return definition, max(p.w_1 * p.a, 0) - max(p.w_2 * p.a, 0)


def smallest_nonlinear_case(p):
    """The sum of the proof at a, and at b plus at a - b."""

    def value(a):
        return max(p.w_1 * a, 0) - max(p.w_2 * a, 0)

    return value(p.a), value(p.b) + value(p.a - p.b)


@proof.equal(
    "display",
    quantity="g(a)",
    exact=smallest_case,
    expect=Verdict.VIOLATED,
    erratum="The sum has the pattern of xi a, g that of x: w = (1, 2), x_L = xi = 1, a = -1 has g = 1 and the sum 0.",
)
def definition_and_sum(p):
    return g(p, p.a), sum_of_the_proof(p, p.a)


@proof.equal("display", quantity="g(a)", reading="along_x", expect=Verdict.HOLDS)
def definition_and_sum_along_x(p):
    return g(p, abs(p.a)), sum_of_the_proof(p, abs(p.a))


@proof.equal(
    "linear",
    quantity="g(a)",
    exact=smallest_nonlinear_case,
    expect=Verdict.VIOLATED,
    erratum="The sum is not linear: w = (1, 2) has 0 at a = -1, but -1 at 1 plus 0 at -2. The g of the lemma is.",
)
def sum_is_linear(p):
    return sum_of_the_proof(p, p.a), sum_of_the_proof(p, p.b) + sum_of_the_proof(p, p.a - p.b)


@proof.equal("linear", quantity="g(a)", reading="definition", expect=Verdict.HOLDS)
def definition_is_linear(p):
    return g(p, p.a), g(p, p.b) + g(p, p.a - p.b)


@proof.control("display")
def plus_in_place_of_minus(p):
    return g(p, abs(p.a)), relu(p.w_1 * abs(p.a)) + relu(p.w_2 * abs(p.a))


@proof.control("linear")
def square(p):
    return p.a**2, p.b**2 + (p.a - p.b) ** 2
