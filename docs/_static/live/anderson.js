/* Anderson's memory against Picard: two iterations on a map whose eigenvalues the reader sets. */
import { choice, lay, plot, power, sci, show, slider } from "./kit.js";

export const N = 6, MOST = 40, DONE = 1e-13, TOL = 1e-8;
const RIDGE = 2 ** -26.5, GROWTH = 10;

/* Each has its fixed point at 1, and there the slopes that are given. */
export const MAPS = {
  straight: (rates, x) => x.map((v, i) => 1 + rates[i] * (v - 1)),
  bent: (rates, x) => x.map((v, i) => 1 + rates[i] * Math.sin(v - 1)),
};
export const spread = (a, b) => Array.from({ length: N }, (_, i) => a + (b - a) * i / (N - 1));

const dot = (u, v) => u.reduce((sum, a, i) => sum + a * v[i], 0);
const minus = (u, v) => u.map((a, i) => a - v[i]);
export const norm = (u) => Math.hypot(...u);

/* Weights of columns of length 1 with the ridge below, by Gram and Schmidt, each twice. */
export const leastSquares = (f, columns) => {
  const lengths = columns.map((c) => norm(c) || 1), m = columns.length;
  const zeros = Array(m).fill(0), basis = [], r = [];
  columns.forEach((c, j) => {
    let v = [...c.map((a) => a / lengths[j]), ...zeros.with(j, RIDGE)];
    r[j] = [...zeros];
    for (const _ of [1, 2]) basis.forEach((q, i) => {
      const part = dot(q, v);
      r[j][i] += part;
      v = v.map((a, k) => a - part * q[k]);
    });
    r[j][j] = norm(v);
    basis.push(v.map((a) => a / r[j][j]));
  });
  const right = basis.map((q) => dot(f, q)), gamma = [...zeros];
  for (let i = m - 1; i >= 0; i--) {
    let rest = right[i];
    for (let j = i + 1; j < m; j++) rest -= r[j][i] * gamma[j];
    gamma[i] = rest / r[i][i];
  }
  return gamma.map((g, j) => g / lengths[j]);
};

/* Residual vectors, one for each evaluation; without memory it is Picard's iteration. */
export const residuals = (name, rates, memory, most = MOST) => {
  const g = (x) => MAPS[name](rates, x);
  let x = Array(N).fill(0), image = g(x), dF = [], dG = [];
  const all = [minus(image, x)];
  while (all.length <= most && norm(all.at(-1)) > DONE) {
    const f = minus(image, x), gamma = leastSquares(f, dF);
    const next = image.map((v, i) => v - dot(gamma, dG.map((c) => c[i])));
    const there = g(next), turned = minus(there, next);
    all.push(turned);
    // A step that lets the residual grow too much is taken back.
    if (dF.length && norm(turned) > GROWTH * norm(f)) {
      all[all.length - 1] = f;
      dF = dG = [];
      continue;
    }
    dF = [minus(turned, f), ...dF].slice(0, memory);
    dG = [minus(there, image), ...dG].slice(0, memory);
    [x, image] = [next, there];
  }
  return all;
};

export const start = (stage) => {
  const left = plot("Residuals of Picard's and of Anderson's iteration over evaluations");
  const right = plot("What is left of each component of the residual, over its eigenvalue");
  const log = (v) => Math.log10(Math.max(v, 1e-14));

  const draw = () => {
    const rates = spread(low.value, high.value);
    const plain = residuals(map.value, rates, 0);
    const mixed = residuals(map.value, rates, memory.value);
    const curve = (all) => all.map((f, k) => [k + 1, log(norm(f))]);
    left.frame([1, MOST + 1], [-14, 4], ["evaluations", "residual", "Anderson", "Picard"],
      show, power);
    left.line("floor", [[1, log(TOL * norm(plain[0]))], [MOST + 1, log(TOL * norm(plain[0]))]]);
    left.line("secant", curve(plain));
    left.line("web", curve(mixed));
    left.dots("cloud", curve(mixed));
    const k = at.value, here = (all) => all[Math.min(k, all.length) - 1];
    left.dots("point", [plain, mixed].map((all) => [Math.min(k, all.length), log(norm(here(all)))]));
    const [a, b] = [Math.min(...rates), Math.max(...rates)];
    const parts = (all) => here(all).map((f, i) => [rates[i], f ? log(Math.abs(f)) : NaN]);
    right.frame([a - .1, b + .1], [-14, 4], ["eigenvalue", "component", "Anderson", "Picard"],
      show, power);
    right.dots("nodes", parts(plain));
    right.dots("cloud", parts(mixed));
    const told = (all) => {
      const done = all.findIndex((f) => norm(f) <= TOL * norm(all[0])) + 1;
      return `${sci(norm(here(all)))} (${done ? `below ${sci(TOL, 1)} of the first after ${done}`
        : "not there yet"})`;
    };
    say(`After ${k} evaluations: Picard ${told(plain)}, Anderson ${told(mixed)}.`);
  };

  const map = choice("Map", MAPS, draw);
  const memory = slider("Memory", { min: 1, max: N, value: 2 }, (v) => `m = ${v}`, draw);
  const at = slider("Look after", { min: 1, max: MOST, value: 8 }, (v) => show(v), draw);
  const low = slider("Lowest eigenvalue", { min: -1.2, max: .9, step: .05, value: -.5 },
    (v) => show(v), draw);
  const high = slider("Highest eigenvalue", { min: -.9, max: 1.2, step: .05, value: .95 },
    (v) => show(v), draw);
  const say = lay(stage, "anderson", [map.row, memory.row, at.row, low.row, high.row],
    [left.svg, right.svg]);
  draw();
  return draw;
};
