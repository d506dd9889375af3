"""Prices of options in mpmath's arithmetic, the oracle of `slopes.greeks`, and how exact one is."""

import mpmath

CASES = [
    (100.0, 100.0, 1.0, 0.05, 0.2),
    (100.0, 130.0, 0.5, 0.01, 0.3),
    (100.0, 60.0, 2.0, -0.01, 0.25),
    (100.0, 101.0, 0.01, 0.03, 0.2),
    (100.0, 400.0, 0.5, 0.02, 0.2),
]
"""Spot, strike, expiry, rate and volatility."""


def exact(kind, at):
    """Price of the closed form at numbers of mpmath."""
    s, k, t, r, v = map(mpmath.mpf, at)
    d1 = (mpmath.log(s / k) + (r + v**2 / 2) * t) / (v * mpmath.sqrt(t))
    d2, x = d1 - v * mpmath.sqrt(t), mpmath.exp(-r * t)
    return {
        "call": s * mpmath.ncdf(d1) - k * x * mpmath.ncdf(d2),
        "put": k * x * mpmath.ncdf(-d2) - s * mpmath.ncdf(-d1),
        "digital": x * mpmath.ncdf(d2),
    }[kind]


def exact_greeks(kind, at):
    """Ten sensitivities by mpmath's difference quotients in 60 digits."""
    orders = {
        "delta": (1, 0, 0, 0, 0), "dual_delta": (0, 1, 0, 0, 0), "theta": (0, 0, 1, 0, 0),
        "rho": (0, 0, 0, 1, 0), "vega": (0, 0, 0, 0, 1), "gamma": (2, 0, 0, 0, 0),
        "charm": (1, 0, 1, 0, 0), "vanna": (1, 0, 0, 0, 1), "volga": (0, 0, 0, 0, 2),
        "veta": (0, 0, 1, 0, 1),
    }  # fmt: skip
    with mpmath.workdps(60):
        at = tuple(map(mpmath.mpf, at))
        return {
            name: mpmath.diff(lambda *a: exact(kind, a), at, order) * (-1 if order[2] else 1)
            for name, order in orders.items()
        }


def slopes_and_condition(at):
    """Price, vega, and what a relative rounding of the inputs does to the price, in money.

    The last is the sum of each input's size times its slope, with the price itself: the spot, the
    strike and the spread of the logarithm, in which volatility and expiry meet.
    """
    s, k, t, r, v = map(mpmath.mpf, at)
    root = mpmath.sqrt(t)
    x, spread = k * mpmath.exp(-r * t), v * root
    d1 = mpmath.log(s / x) / spread + spread / 2
    price = s * mpmath.ncdf(d1) - x * mpmath.ncdf(d1 - spread)
    vega = s * mpmath.npdf(d1) * root
    moved = s * mpmath.ncdf(d1) + x * mpmath.ncdf(d1 - spread) * (1 + abs(r * t)) + v * vega
    return price, vega, moved + price
