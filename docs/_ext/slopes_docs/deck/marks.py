"""The drawing on a deck's title slide: one for each topic, in the colours of the course's mark.

The front matter names it, ``mark: valley``; without a name it is the mark of the course, secants
that turn into a tangent. A drawing is 520 x 720; its classes are coloured in ``deck.css``.
"""

from __future__ import annotations

SVG = '<svg class="mark" viewBox="0 0 520 720" aria-hidden="true" focusable="false">\n{}</svg>\n'


def _points(places: list[tuple[float, float]], radius: float = 10) -> str:
    """Draw some points."""
    dots = "".join(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"/>' for x, y in places)
    return f'<g class="point">{dots}</g>\n'


def _edges(places: list[tuple[float, float]], pairs: str) -> str:
    """Draw lines between points: "01 02" joins the first to the second and the third."""
    ends = [(places[int(a)], places[int(b)]) for a, b in pairs.split()]
    return "".join(f"M{a[0]:g} {a[1]:g} {b[0]:g} {b[1]:g}" for a, b in ends)


TREE = [
    (260, 130), (150, 290), (370, 290), (90, 450), (210, 450), (310, 450), (430, 450), (150, 600),
]  # fmt: skip
GRAPH = [(90, 240), (90, 500), (260, 160), (260, 420), (420, 300)]
LOOP = [(260, 250), (170, 350), (350, 350), (260, 450)]

MARKS = {
    # secants turn into the tangent of x ** 2.6
    "tangent": """<path class="secant" d="M120 707 500 86M120 681 500 184M120 657 500 273"/>
<path class="tangent" d="M30 684 510 381"/>
<path class="curve" d="M20 620C60 620 100 618 140 605C180 592 220 568 260 528C300 488 340 432 380
355C420 278 460 181 500 60"/>
"""
    + _points([(480, 119), (400, 315), (320, 455)], 8)
    + _points([(200, 576)], 15),
    # the error over the step: rounding falls, truncation rises
    "valley": """<path class="secant" d="M30 150 490 610M30 610 490 150"/>
<path class="tangent" d="M40 175 58 160 75 205 92 190 110 250 128 222 146 285 164 262 182 318 200
310 216 352 236 368"/>
<path class="curve" d="M236 368C250 372 262 372 276 362L480 160"/>
"""
    + _points([(256, 372)], 15),
    # a comet's places at equal times: far apart at the perihelion
    "orbit": """<ellipse class="secant" cx="260" cy="360" rx="205" ry="112"
 transform="rotate(-50 260 360)"/>
<path class="tangent" d="M300 590 68 500M300 590 268 594M300 590 276 566"/>
<circle class="sun" cx="146" cy="496" r="26"/>
"""
    + _points([(152, 550), (128, 517), (232, 549), (298, 492), (345, 422), (380, 342), (396, 260)]),
    "tree": f'<path class="curve" d="{_edges(TREE, "01 02 13 14 25 26")}"/>\n'
    f'<path class="tangent" d="{_edges(TREE, "37 47")}"/>\n' + _points(TREE, 22),
    # a number that carries an arrow along
    "arrow": """<path class="secant" d="M40 640H490M110 660V60"/>
<path class="curve" d="M40 600C180 590 300 480 480 130"/>
<path class="tangent" d="M276 452 430 266M430 266 392 286M430 266 420 308"/>
"""
    + _points([(276, 452)], 15),
    # three ways from one program to one derivative
    "ways": """<path class="curve" d="M260 640C60 520 60 220 260 90"/>
<path class="secant" d="M260 640V90"/><path class="tangent" d="M260 640C460 520 460 220 260 90"/>
"""
    + _points([(260, 640), (260, 90)], 18)
    + _points([(110, 365), (260, 365), (410, 365)]),
    # level lines of a valley, and the steepest way across them
    "contours": """<g transform="rotate(-28 240 400)" fill="none">
<ellipse class="secant" cx="240" cy="400" rx="225" ry="150"/>
<ellipse class="secant" cx="240" cy="400" rx="155" ry="100"/>
<ellipse class="curve" cx="240" cy="400" rx="85" ry="52"/></g>
<path class="tangent" d="M352 232 424 96M424 96 384 132M424 96 426 150"/>
"""
    + _points([(352, 232)], 15),
    # the entries of a band, pressed together into three columns
    "band": '<path class="secant" d="M40 80V640H330V80Z"/>\n'
    '<path class="tangent" d="M345 360H385M385 360 367 348M385 360 367 372"/>\n'
    '<path class="secant" d="M400 80V640H490V80Z"/>\n'
    + _points([(62 + 41 * j, 110 + 87 * i) for i in range(7) for j in range(7) if abs(i - j) < 2])
    + _points([(415 + 30 * (j % 3), 110 + 87 * i)
               for i in range(7) for j in range(7) if abs(i - j) < 2]),
    # six passes over memory, and one
    "passes": """<path class="secant" d="M60 110H460M60 180H460M60 250H460M60 320H460M60 390H460
M60 460H460"/>
<path class="curve" d="M60 600H460"/>
<path class="tangent" d="M424 580 460 600 424 620"/>
"""
    + _points([(60, 110 + 70 * k) for k in range(6)])
    + _points([(460, 110 + 70 * k) for k in range(6)])
    + _points([(60, 600)], 15),
    # a curve, its tangents, and where they meet the axis
    "root": """<path class="secant" d="M30 560H490"/>
<path class="curve" d="M60 640C200 620 360 440 470 90"/>
<path class="tangent" d="M454 140 302 560V490L224 560V580"/>
"""
    + _points([(454, 140), (302, 490)])
    + _points([(199, 560)], 15),
    # the ellipse that is claimed, and points that bend out of it
    "ellipse": """<g transform="rotate(3 248 321)" fill="none">
<ellipse class="secant" cx="248" cy="321" rx="240" ry="96"/>
<ellipse class="curve" cx="248" cy="321" rx="120" ry="48"/></g>
<path class="tangent" d="M40 470C150 280 330 240 476 540"/>
"""
    + _points([(34, 520), (76, 484), (60, 412), (112, 424), (118, 346), (158, 392), (172, 312),
               (206, 368), (226, 300), (288, 308), (300, 366), (336, 340), (352, 398), (396, 388),
               (394, 452), (446, 446), (424, 512), (484, 586)], 9)
    + _points([(248, 321)], 15),
    # an orbit between a parabola and the diagonal
    "cobweb": """<path class="secant" d="M40 650 490 90"/>
<path class="curve" d="M40 650Q265 -302 490 650"/>
<path class="tangent" d="M94 583V449H202V212H392V326H300V186H413V380H257V175H422V406H236"/>
"""
    + _points([(94, 583)], 15),
    # points of a spiral that leaves, and their mixture in the middle of it
    "mixture": """<path class="secant" d="M260 330V300L290 360 205 405 170 270 330 205 425 395 235
560 65 330 210 90 470 150"/>
<path class="tangent" d="M425 395 302 366M302 366 330 352M302 366 326 390"/>
"""
    + _points([(205, 405), (170, 270), (330, 205), (425, 395), (235, 560), (65, 330), (210, 90)])
    + _points([(260, 356)], 18),
    # a payoff with a kink, its price, and the price's slope
    "payoff": """<path class="secant" d="M30 600H260L490 231"/>
<path class="curve" d="M30 592C120 588 200 560 260 510C330 450 420 310 490 195"/>
<path class="tangent" d="M120 626.7 400 393.3M400 393.3 358 404M400 393.3 382 433"/>
"""
    + _points([(260, 510)], 15),
    # forwards along the lines, and back
    "graph": f'<path class="curve" d="{_edges(GRAPH, "02 03 13 24 34")}"/>\n'
    '<path class="tangent back" d="M420 350C370 450 330 480 280 470M400 262C360 180 330 150 290 146'
    "M232 150C170 150 120 180 96 208M238 452C190 520 150 540 116 522"
    'M230 404C170 360 130 320 104 272"/>\n'
    + _points(GRAPH, 24),
    # a program in a program
    "boxes": """<path class="secant" d="M50 150H470V590H50Z"/>
<path class="tangent" d="M105 195H415V505H105Z"/>
"""
    f'<path class="curve" d="M260 40V250{_edges(LOOP, "01 02 13 23")}M260 450V680"/>\n'
    + _points([(260, 60), *LOOP, (260, 660)], 20),
}  # fmt: skip


def drawing(name: str) -> str:
    """Return the drawing of one name.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if name not in MARKS:
        raise ValueError(f"mark must be one of {', '.join(MARKS)}, got mark={name!r}")
    return SVG.format(MARKS[name])
