/* A formula becomes a program: one operation a line, each with its value and its rule. */
import { show } from "./kit.js";

/* Each operation: its value y, and w times each of its slopes. A rule serves both ways: w is the
   tangent of an argument, or the cotangent of the line. */
export const RULES = {
  "+": [(a, b) => a + b, (w) => w, (w) => w],
  "-": [(a, b) => a - b, (w) => w, (w) => -w],
  "*": [(a, b) => a * b, (w, y, a, b) => w * b, (w, y, a) => w * a],
  "/": [(a, b) => a / b, (w, y, a, b) => w / b, (w, y, a, b) => -(w / b) * y],
  "**": [(a, b) => a ** b, (w, y, a, b) => w * (b && b * a ** (b - 1)), (w, y, a) => w * (y * Math.log(a))],
  neg: [(a) => -a, (w) => -w],
  sin: [Math.sin, (w, y, x) => w * Math.cos(x)],
  cos: [Math.cos, (w, y, x) => w * -Math.sin(x)],
  exp: [Math.exp, (w, y) => w * y],
  log: [Math.log, (w, y, x) => w / x],
  sqrt: [Math.sqrt, (w, y) => w / (2 * y)],
  tanh: [Math.tanh, (w, y, x) => w / Math.cosh(x) ** 2],
};
const NAMES = "sin cos exp log sqrt tanh";

/* A line is { op, args }; an argument is the number of a line, or { c } for a constant. */
export const isLine = (arg) => arg.c === undefined;
export const parse = (text) => {
  const pieces = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[a-z]\w*|\*\*|\S/gi;
  const tokens = [...text.matchAll(pieces)].map(({ 0: word, index }) => ({ word, at: index + 1 }));
  const lines = ["x", "y"].filter((name) => tokens.some(({ word }) => word === name))
    .map((op) => ({ op, args: [] }));
  let place = 0;
  const next = () => tokens[place] ?? { word: "", at: text.length + 1 };
  const fail = (wanted) => {
    const { word, at } = next();
    throw new SyntaxError(`Place ${at}: wanted ${wanted}, got ${word ? `“${word}”` : "the end"}.`);
  };
  const take = (...words) => words.includes(next().word) && tokens[place++]?.word;
  const line = (op, ...args) => args.some(isLine) ? lines.push({ op, args }) - 1
    : { c: RULES[op][0](...args.map(({ c }) => c)) };
  const chain = (below, ...ops) => () => {
    let a = below();
    for (let op; (op = take(...ops));) a = line(op, a, below());
    return a;
  };
  const atom = () => {
    const { word } = next();
    if (/^\.?\d/.test(word)) return { c: Number(take(word)) };
    const variable = lines.findIndex(({ op }) => op === word);
    if (/^[xy]$/.test(word)) return take(word) && variable;
    const named = take(...NAMES.split(" "));
    if (!named && /^[a-z]/i.test(word)) fail(`x, y or one of ${NAMES}`);
    if (!take("(")) fail(named ? `“(” after ${word}` : "a number, x, y, a function or “(”");
    const inside = sum();
    if (!take(")")) fail("an operation or “)”");
    return named ? line(word, inside) : inside;
  };
  const power = (base = atom()) => take("**") ? line("**", base, unary()) : base;
  const unary = () => take("-") ? line("neg", unary()) : power();
  const sum = chain(chain(unary, "*", "/"), "+", "-");
  const output = sum();
  if (next().word) fail(next().word === "^" ? "** for the power" : "an operation");
  if (!isLine(output)) throw new SyntaxError("Wanted x or y, got a constant.");
  return lines;
};

export const v = (i) => `v${i + 1}`.replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);
export const write = ({ op, args }) => {
  const [a, b] = args.map((arg) => isLine(arg) ? v(arg) : show(arg.c));
  if (b !== undefined) return `${a} ${{ "*": "·", "-": "−" }[op] ?? op} ${b}`;
  return a === undefined ? op : `${op === "neg" ? "−" : `${op} `}${a}`;
};

const of = (values) => (arg) => arg.c ?? values[arg];
export const run = (lines, inputs) => {
  const values = [];
  for (const { op, args } of lines)
    values.push(op in inputs ? inputs[op] : RULES[op][0](...args.map(of(values))));
  return values;
};
/* What w times the slope is, for each argument that is a line: [what, line]. */
export const slopes = ({ op, args }, y, values, w = () => 1) => args.flatMap((arg, k) =>
  isLine(arg) ? [[RULES[op][k + 1](w(arg), y, ...args.map(of(values))), arg]] : []);

/* Forwards: the tangent of every line, from those of the inputs. */
export const push = (lines, values, seeds = { x: 1 }) => {
  const dots = [];
  lines.forEach((line, i) => {
    const [s, t] = line.args.map((arg) => dots[arg] ?? 0), sum = (all, [dot]) => all + dot;
    dots.push(line.op in seeds ? seeds[line.op] : line.op === "/"
      ? (s - values[i] * t) / of(values)(line.args[1])
      : slopes(line, values[i], values, (arg) => dots[arg]).reduce(sum, 0));
  });
  return dots;
};

/* Backwards: the start at a line; then of each, last one first, messages [what, to] and sums. */
export const pull = (lines, values, from = lines.length - 1) => {
  const bars = lines.map((_, i) => i === from ? 1 : 0);
  const steps = [{ messages: [], bars: [...bars] }];
  for (let i = from; lines[i].args.length; i--) {
    const messages = slopes(lines[i], values[i], values, () => bars[i]);
    for (const [what, to] of messages) bars[to] += what;
    steps.push({ index: i, messages, bars: [...bars] });
  }
  return steps;
};
