/* The ellipse of linear propagation against the cloud: a map of the plane that bends. */
import { choice, lay, plot, show, slider } from "./kit.js";

const arc = (b, t) => b ? Math.sin(b * t) / b : t; // and its limit, if nothing bends

/* Each map with its Jacobian, row by row; b is the bend, and with 0 all are linear. */
export const MAPS = {
  "bent strip": {
    f: ([x, y], b) => [(1 + b * y) * arc(b, x), y * Math.cos(b * x) - 2 * b * arc(b, x / 2) ** 2],
    jac: ([x, y], b) => [[(1 + b * y) * Math.cos(b * x), b * arc(b, x)],
      [-(1 + b * y) * Math.sin(b * x), Math.cos(b * x)]],
  },
  "y + b x²": {
    f: ([x, y], b) => [x, y + b * x * x],
    jac: ([x], b) => [[1, 0], [2 * b * x, 1]],
  },
  "(2 + y)/(2 + b x)": {
    f: ([x, y], b) => [x, (2 + y) / (2 + b * x)],
    jac: ([x, y], b) => [[1, 0], [-b * (2 + y) / (2 + b * x) ** 2, 1 / (2 + b * x)]],
  },
};

/* Covariances of two spreads and a correlation, and what a linear map makes of them. */
export const covariance = (s, t, r) => [[s * s, r * s * t], [r * s * t, t * t]];
export const propagate = (name, b, mean, cov) => {
  const { f, jac } = MAPS[name], j = jac(mean, b);
  const entry = (u, v) => u[0] * (cov[0][0] * v[0] + cov[0][1] * v[1])
    + u[1] * (cov[1][0] * v[0] + cov[1][1] * v[1]);
  return [f(mean, b), j.map((u) => j.map((v) => entry(u, v)))];
};

/* Standard normal pairs, spread evenly: no luck is in the shares that they show. */
const COUNT = 500;
export const NORMAL = Array.from({ length: COUNT }, (_, k) => {
  const size = Math.sqrt(-2 * Math.log(1 - (k + .5) / COUNT)), turn = 2 * Math.PI * k * .6180339887;
  return [size * Math.cos(turn), size * Math.sin(turn)];
});
/* By Cholesky's factor: mean + L z for each pair z. */
const spread = ([x, y], [[a, b], [, c]], pairs) => {
  const l = Math.sqrt(a), m = l ? b / l : 0, n = Math.sqrt(Math.max(c - m * m, 0));
  return pairs.map(([z, w]) => [x + l * z, y + m * z + n * w]);
};
export const cloud = (name, b, mean, cov) => {
  const before = spread(mean, cov, NORMAL);
  return [before, before.map((x) => MAPS[name].f(x, b))];
};
/* Share of points within some standard deviations. */
export const share = (points, [x, y], [[a, b], [, c]], size) => {
  const det = a * c - b * b;
  return points.filter(([u, v]) => c * (u - x) ** 2 - 2 * b * (u - x) * (v - y)
    + a * (v - y) ** 2 <= size * size * det).length / points.length;
};
/* Mean and standard deviation of the second number of each point. */
export const moments = (points) => {
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const square = points.reduce((sum, [, y]) => sum + (y - mean) ** 2, 0);
  return [mean, Math.sqrt(square / (points.length - 1))];
};

const ring = (size) => Array.from({ length: 73 }, (_, k) =>
  [size * Math.cos(Math.PI * k / 36), size * Math.sin(Math.PI * k / 36)]);
const percent = (v) => `${Math.round(100 * v)} %`;

export const start = (stage) => {
  const left = plot("The cloud of inputs with its ellipses of one and two standard deviations");
  const right = plot("The cloud of outputs with the ellipses of linear propagation");

  const paint = (panel, points, mean, cov) => {
    panel.dots("cloud", points);
    panel.line("web", spread(mean, cov, ring(1)));
    panel.line("after", spread(mean, cov, ring(2)));
    panel.dots("point", [mean]);
  };
  const draw = () => {
    const b = bend.value, mean = [middle.value, 0];
    const cov = covariance(one.value, two.value, related.value);
    const [value, carried] = propagate(map.value, b, mean, cov);
    const [before, after] = cloud(map.value, b, mean, cov);
    left.frame([-2.4, 2.4], [-1.7, 1.7], ["x", "y"]);
    right.frame([-2.4, 2.4], [-1.7, 1.7], ["first output", "second output"]);
    paint(left, before, mean, cov);
    paint(right, after, value, carried);
    const [centre, error] = moments(after);
    say(`Inside the ellipses: ${percent(share(after, value, carried, 1))} and `
      + `${percent(share(after, value, carried, 2))} of the cloud. `
      + `Second output: ellipse ${show(value[1], 3)} ± ${show(Math.sqrt(carried[1][1]), 3)}, `
      + `cloud ${show(centre, 3)} ± ${show(error, 3)}.`);
  };

  const number = (v) => show(v, 3);
  const map = choice("Map", MAPS, draw);
  const middle = slider("Mean x =", { min: -1, max: 1, step: .05, value: .4 }, number, draw);
  const one = slider("Spread of x", { min: .05, max: .8, step: .05, value: .6 }, number, draw);
  const two = slider("Spread of y", { min: .02, max: .5, step: .02, value: .14 }, number, draw);
  const related = slider("Correlation", { min: -.95, max: .95, step: .05, value: 0 }, number, draw);
  const bend = slider("Bend b =", { min: 0, max: 1, step: .05, value: 1 }, number, draw);
  left.drag((x) => { middle.value = x; draw(); });
  const say = lay(stage, "ellipse",
    [map.row, middle.row, one.row, two.row, related.row, bend.row], [left.svg, right.svg]);
  return draw;
};
