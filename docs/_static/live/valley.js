/* The valley: a difference quotient, and its error at every step, in any number format. */
import { choice, lay, plot, power, sci, show, slider } from "./kit.js";

/* Value, slope, imaginary part at x + ih, and where it is looked at. */
export const FUNCTIONS = {
  "eˣ": { f: Math.exp, slope: Math.exp, im: (x, h) => Math.exp(x) * Math.sin(h), at: [-2, 2, 1] },
  "sin x": {
    f: Math.sin, slope: Math.cos, im: (x, h) => Math.cos(x) * Math.sinh(h), at: [-1.4, 1.4, 1],
  },
  "1/(1+x²)": {
    f: (x) => 1 / (1 + x * x), slope: (x) => -2 * x / ((1 + x * x) * (1 + x * x)),
    im: (x, h, re = 1 + (x * x - h * h), im = 2 * x * h) => -(im / re) / (re + im * (im / re)),
    at: [.2, 3, 1],
  },
};

/* Nodes in units of the step; the complex step has none. */
export const FORMULAS = {
  forward: [0, 1], central: [-1, 1], "five points": [-2, -1, 1, 2], "complex step": null,
};

/* Bits of the significand, least exponent. */
export const FORMATS = {
  double: [53, -1022], single: [24, -126], half: [11, -14], bfloat16: [8, -126],
};

/* Rounds to a format, ties to even: beside 1.5 · 2⁵² a double has no digits after the point. */
export const round = (v, format) => {
  const [bits, least] = FORMATS[format];
  if (bits === 53 || v === 0 || !Number.isFinite(v)) return v;
  let exponent = Math.floor(Math.log2(Math.abs(v)));
  if (2 ** exponent > Math.abs(v)) exponent -= 1; // log2 was rounded up
  const unit = 2 ** (Math.max(exponent, least) - bits + 1);
  return (v / unit + 1.5 * 2 ** 52 - 1.5 * 2 ** 52) * unit;
};

/* Fornberg's weights of the first derivative at 0, as slopes.finite.weights has them. */
export const weights = (s) => {
  const value = [1], slope = [0];
  let product = 1;
  for (let i = 1; i < s.length; i++) {
    const gaps = s.slice(0, i).map((sj) => s[i] - sj);
    const next = gaps.reduce((a, b) => a * b);
    const ratio = product / next;
    product = next;
    value[i] = -s[i - 1] * value[i - 1] * ratio;
    slope[i] = -s[i - 1] * slope[i - 1] * ratio + value[i - 1] * ratio;
    for (let j = 0; j < i; j++) {
      slope[j] = (s[i] * slope[j] - value[j]) / gaps[j];
      value[j] = s[i] * value[j] / gaps[j];
    }
  }
  return slope;
};

/* Places and values are numbers of the format. No slope (NaN) where two places round to one. */
export const quotient = (name, x, h, formula, format) => {
  const { f, im } = FUNCTIONS[name];
  const point = round(x, format);
  if (!FORMULAS[formula]) {
    const step = round(h, format);
    return { places: [point], values: [], slope: round(im(point, step), format) / step };
  }
  const places = FORMULAS[formula].map((node) => round(point + h * node, format));
  const values = places.map((place) => round(f(place), format));
  const w = weights(places.map((place) => (place - point) / h));
  const total = w.reduce((sum, wk, k) => sum + wk * (values[k] - values[0]), 0);
  return { places, values, slope: new Set(places).size < places.length ? NaN : total / h };
};

const STEPS = Array.from({ length: 129 }, (_, i) => -16 + i / 8);
const FLOOR = -17.5; // an error of 0 has no logarithm: it lies on the axis
const height = (e) => Math.max(Math.log10(e), FLOOR);

export const start = (stage) => {
  const left = plot("The function, its tangent and secant");
  const right = plot("Error over step");

  const picture = ({ x, exact, places, values, slope }) => {
    const { f, at: [low, high] } = FUNCTIONS[fn.value], y = f(x);
    left.curve(low - .1, high + .6, f, .15, ["x", fn.value, "tangent", "secant"]);
    left.straight("tangent", x, y, exact);
    left.straight("secant", places[0], values[0] ?? y, slope);
    left.dots("nodes", places.map((place, k) => [place, values[k] ?? y]));
    left.dots("point", [[x, y]]);
  };

  const measure = (h) => {
    const x = round(point.value, format.value);
    const made = quotient(fn.value, x, h, formula.value, format.value);
    const exact = FUNCTIONS[fn.value].slope(x);
    return { x, exact, ...made, found: Math.abs((made.slope - exact) / exact) };
  };
  const valley = (s, found) => {
    const [bits] = FORMATS[format.value], u = -bits * Math.log10(2);
    const roundoff = `unit roundoff ${sci(2 ** -bits)}`;
    right.frame([-16.2, .3], [FLOOR, 1], ["step h", "relative error", roundoff], power);
    right.dots("cloud", STEPS.map((at) => [at, height(measure(10 ** at).found)]));
    right.line("floor", [[-17, u], [1, u]]);
    right.dots("here", [[s, Math.min(height(found), 1)]]);
  };

  const draw = () => {
    const h = 10 ** step.value, now = measure(h);
    picture(now);
    valley(step.value, now.found);
    say(Number.isFinite(now.slope)
      ? `Slope ${show(now.slope, 10)}, exactly ${show(now.exact, 10)}: relative error ${sci(now.found)}.`
      : `The step ${sci(h)} is lost: in ${format.value} precision x + h rounds to x. No slope.`);
  };

  const turn = () => { point.limit(...FUNCTIONS[fn.value].at); draw(); };
  const fn = choice("Function", FUNCTIONS, turn);
  const formula = choice("Formula", FORMULAS, draw);
  const format = choice("Format", FORMATS, draw);
  const point = slider("Point x =", { step: .05 }, (v) => show(v), draw);
  const step = slider("Step h =", { min: -16, max: 0, step: .1, value: -.3 },
    (v) => Number.isInteger(v) ? `1·${power(v)}` : sci(10 ** v), draw);
  right.drag((s) => { step.value = s; draw(); });
  const say = lay(stage, "valley", [fn.row, formula.row, format.row, point.row, step.row],
    [left.svg, right.svg]);
  turn();
  return draw;
};
