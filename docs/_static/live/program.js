/* A formula becomes a program: one operation a line, each with its value and its rule. */
import { show } from "./kit.js";

const raiseBase = (w, x, p) => p === 1 ? w : p === 0 ? 0 * w : w * (p === 2 ? 2 * x : p * x ** (p - 1));

/* Each operation: its value, and what w times each of its slopes is; y is the value. A rule serves
   both ways: w is the tangent of an argument, or the cotangent of the line. */
export const RULES = {
  "+": [(a, b) => a + b, (w) => w, (w) => w],
  "-": [(a, b) => a - b, (w) => w, (w) => -w],
  "*": [(a, b) => a * b, (w, y, a, b) => w * b, (w, y, a) => w * a],
  "/": [(a, b) => a / b, (w, y, a, b) => w / b, (w, y, a, b) => -(w / b) * y],
  "**": [(a, b) => a ** b, (w, y, a, b) => raiseBase(w, a, b), (w, y, a) => w * (y * Math.log(a))],
  neg: [(a) => -a, (w) => -w],
  sin: [Math.sin, (w, y, x) => w * Math.cos(x)],
  cos: [Math.cos, (w, y, x) => w * -Math.sin(x)],
  exp: [Math.exp, (w, y) => w * y],
  log: [Math.log, (w, y, x) => w / x],
  sqrt: [Math.sqrt, (w, y) => w / (2 * y)],
  tanh: [Math.tanh, (w, y, x) => w / Math.cosh(x) ** 2],
};

/* A line is { op, args }; an argument is the number of a line, or { c } for a constant. */
export const parse = (text) => {
  const tokens = [...text.matchAll(/\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|[a-z]\w*|\*\*|\S)/gi)]
    .map((found) => ({ word: found[1], at: found.index + found[0].length - found[1].length + 1 }));
  const lines = [...new Set(tokens.map(({ word }) => word))].filter((w) => /^[xy]$/.test(w)).sort()
    .map((op) => ({ op, args: [] }));
  let place = 0;
  const next = () => tokens[place] ?? { word: "", at: text.length + 1 };
  const fail = (wanted) => {
    const { word, at } = next();
    throw new SyntaxError(`Place ${at}: ${wanted}, got ${word ? `“${word}”` : "the end"}.`);
  };
  const take = (...words) => words.includes(next().word) && tokens[place++].word;
  const line = (op, ...args) => {
    if (args.every((a) => a.c !== undefined)) return { c: RULES[op][0](...args.map((a) => a.c)) };
    return lines.push({ op, args }) - 1;
  };
  const chain = (below, ...ops) => () => {
    let a = below();
    for (let op; (op = take(...ops));) a = line(op, a, below());
    return a;
  };
  const atom = () => {
    const { word } = next();
    if (/^[\d.]/.test(word) && word !== ".") return { c: Number(tokens[place++].word) };
    const known = lines.findIndex(({ op }) => op === word);
    if (/^[xy]$/.test(word)) { place++; return known; }
    const named = /^[a-z]/i.test(word);
    if (named && (word === "neg" || !Object.hasOwn(RULES, word)))
      fail("wanted x, y or one of sin cos exp log sqrt tanh");
    if (named) place++;
    if (!take("(")) fail(named ? `wanted “(” after ${word}` : "wanted a number, x, y, a function or “(”");
    const inside = sum();
    if (!take(")")) fail("wanted an operation or “)”");
    return named ? line(word, inside) : inside;
  };
  const power = () => {
    const base = atom();
    return take("**") ? line("**", base, unary()) : base;
  };
  const unary = () => take("-") ? line("neg", unary()) : power();
  const sum = chain(chain(unary, "*", "/"), "+", "-");
  const output = sum();
  if (next().word) fail(next().word === "^" ? "wanted **, which is the power" : "wanted an operation or the end");
  if (output.c !== undefined) throw new SyntaxError("Wanted x or y somewhere, got a constant.");
  if (output !== lines.length - 1) throw new SyntaxError("Wanted an operation, got a variable alone.");
  return lines;
};

export const v = (i) => `v${i + 1}`.replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);
export const write = ({ op, args }) => {
  const [a, b] = args.map((arg) => arg.c === undefined ? v(arg) : show(arg.c));
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
  arg.c === undefined ? [[RULES[op][k + 1](w(arg), y, ...args.map(of(values))), arg]] : []);

/* Forwards: the tangent of every line, if that of x is 1. */
export const push = (lines, values) => {
  const dots = [];
  lines.forEach((line, i) => {
    const [s, t] = line.args.map((arg) => dots[arg] ?? 0);
    if (line.op === "x") dots.push(1);
    else if (line.op === "/") dots.push((s - values[i] * t) / of(values)(line.args[1]));
    else dots.push(slopes(line, values[i], values, (arg) => dots[arg]).reduce((all, [dot]) => all + dot, 0));
  });
  return dots;
};

/* Backwards: for each line, last one first, its messages [what, to], and the sums so far. */
export const pull = (lines, values) => {
  const bars = lines.map(() => 0), steps = [];
  bars[lines.length - 1] = 1;
  for (let i = lines.length - 1; lines[i].args.length; i--) {
    const messages = slopes(lines[i], values[i], values, () => bars[i]);
    for (const [what, to] of messages) bars[to] += what;
    steps.push({ index: i, messages, bars: [...bars] });
  }
  return steps;
};
