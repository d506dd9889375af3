/* Newton's basins: which root the iteration finds from each point of the complex plane. */
import { choice, lay, make, plot, power, sci, set, show, slider } from "./kit.js";

const circle = (n) => Array.from({ length: n }, (_, k) =>
  [Math.cos(2 * Math.PI * k / n), Math.sin(2 * Math.PI * k / n)]);

/* Coefficients, the highest power first, and roots. */
export const POLYNOMIALS = {
  "z³ - 1": { c: [1, 0, 0, -1], roots: circle(3) },
  "z³ - 2z + 2": {
    c: [1, 0, -2, 2],
    roots: [[-1.7692923542386314, 0], [.8846461771193157, .5897428050222055],
      [.8846461771193157, -.5897428050222055]],
  },
  "z⁴ - 1": { c: [1, 0, 0, 0, -1], roots: circle(4) },
};

/* One step, t times that of Newton: value and slope by Horner's scheme. */
export const step = (name, t, [x, y]) => {
  let p = 0, q = 0, dp = 0, dq = 0;
  for (const a of POLYNOMIALS[name].c) {
    const up = dp * x - dq * y + p, right = p * x - q * y + a;
    dq = dp * y + dq * x + q;
    q = p * y + q * x;
    dp = up;
    p = right;
  }
  const size = dp * dp + dq * dq;
  return [x - t * (p * dp + q * dq) / size, y - t * (q * dp - p * dq) / size];
};

const MOST = 60, CLOSE = 1e-3, HALF = 1.8, FINE = 240;
const near = ({ roots }, [x, y], close) => {
  for (let i = 0; i < roots.length; i++) {
    const a = x - roots[i][0], b = y - roots[i][1];
    if (a * a + b * b < close * close) return i;
  }
  return -1;
};

/* Points until one is at a root to rounding, or the steps are used up. */
export const orbit = (name, t, start, most = MOST) => {
  const points = [start];
  while (points.length <= most && near(POLYNOMIALS[name], points.at(-1), 1e-14) < 0
    && Number.isFinite(points.at(-1)[0])) points.push(step(name, t, points.at(-1)));
  return points;
};
/* Index of the root that is found, and after how many steps one is close to it. */
const search = (name, t, z) => {
  for (let k = 0; k <= MOST; k++) {
    const root = near(POLYNOMIALS[name], z, CLOSE);
    if (root >= 0) return [root, k];
    z = step(name, t, z);
  }
  return [-1, MOST];
};

const COLOURS = [[31, 95, 191], [179, 72, 12], [17, 115, 79], [123, 63, 163]];

export const start = (stage) => {
  const left = plot("The plane, coloured by the root that is found, and the orbit of the start");
  const right = plot("Distance to the root over steps");
  const canvas = make("canvas"), image = make("image", { preserveAspectRatio: "none" });
  left.svg.lastChild.append(image);
  let wide = HALF, painted, shown, later;

  /* Some rows at a time, so that a hand that moves again is not kept waiting. */
  const paint = (rows, atOnce) => {
    const columns = Math.round(rows * wide / HALF), t = part.value, name = fn.value;
    const pixels = new ImageData(columns, rows);
    const band = (from) => {
      const end = Math.min(from + atOnce, rows);
      for (let at = from * columns; at < end * columns; at++) {
        const i = Math.floor(at / columns), j = at % columns;
        const [root, k] = search(name, t,
          [wide * ((2 * j + 1) / columns - 1), HALF * (1 - (2 * i + 1) / rows)]);
        if (root < 0) continue;
        pixels.data.set(COLOURS[root], 4 * at);
        pixels.data[4 * at + 3] = 40 + 130 * .85 ** (t * k);
      }
      if (end < rows) return later = setTimeout(band, 0, end);
      Object.assign(canvas, { width: columns, height: rows });
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      set(image, { href: canvas.toDataURL() });
      shown = rows;
    };
    band(0);
  };
  /* A coarse picture at once, a fine one when the hand rests. */
  const fill = () => {
    clearTimeout(later);
    if (painted !== (painted = [fn.value, part.value, wide].join())) paint(40, 40);
    if (shown < FINE) later = setTimeout(paint, 600, FINE, 6);
  };

  const draw = () => {
    const plane = () => left.frame([-wide, wide], [-HALF, HALF], ["real part", "imaginary part"]);
    plane();
    const broad = left.x(wide), high = left.y(-HALF);
    wide = HALF * broad / high; // equal units along both axes
    plane();
    set(image, { width: broad, height: high });
    fill();
    const points = orbit(fn.value, part.value, [x.value, y.value]);
    const { roots } = POLYNOMIALS[fn.value], end = points.at(-1);
    const found = near(POLYNOMIALS[fn.value], end, CLOSE);
    left.line("curve", points);
    left.dots("cloud", points);
    left.dots("nodes", roots);
    left.dots("point", points.slice(0, 1));
    right.frame([0, Math.max(10, points.length - 1)], [-16.5, 1], ["step", "distance"], show, power);
    const [a, b] = roots[found] ?? [NaN, NaN];
    const errors = points.map(([u, v], k) =>
      [k, Math.max(Math.log10(Math.hypot(u - a, v - b)), -16)]);
    right.line("web", errors);
    right.dots("cloud", errors);
    say(found < 0 ? `No root after ${points.length - 1} steps.`
      : `Root ${show(a)} ${b < 0 ? "−" : "+"} ${show(Math.abs(b))}i: after ${points.length - 1} `
        + `steps the distance is ${sci(Math.hypot(end[0] - a, end[1] - b))}.`);
  };

  const fn = choice("Polynomial", POLYNOMIALS, draw);
  const part = slider("Part of the step", { min: .1, max: 1, step: .05, value: 1 },
    (v) => show(v), draw);
  const x = slider("Start, real", { min: -2, max: 2, step: .02, value: -.4 }, (v) => show(v), draw);
  const y = slider("Start, imaginary", { min: -1.8, max: 1.8, step: .02, value: .9 },
    (v) => show(v), draw);
  left.drag((u, v) => { x.value = u; y.value = v; draw(); });
  const say = lay(stage, "basins", [fn.row, part.row, x.row, y.row], [left.svg, right.svg]);
  return draw;
};
