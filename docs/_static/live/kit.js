/* What live figures share: elements, controls, numbers in words, a plot. */
const SVG = new Set("svg g path circle text".split(" "));

export const set = (element, attributes) => {
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  return element;
};
export const make = (name, attributes = {}, ...children) => {
  const element = SVG.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  element.append(...children);
  return set(element, attributes);
};

/* --- numbers: for the eye "3.1·10⁻⁹", for the ear "3.1 times 10 to the minus 9" --- */
const raised = (n) => String(n).replace(/./g, (c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);
export const power = (n) => `10${raised(n)}`;
export const sci = (v, digits = 2) => {
  const [head, tail] = v.toExponential(digits - 1).split("e");
  return v === 0 ? "0" : `${head.replace("-", "−")}·${power(Number(tail))}`;
};
export const show = (v, digits = 4) => {
  if (!Number.isFinite(v)) return Number.isNaN(v) ? "none" : v < 0 ? "−∞" : "∞";
  const size = Math.abs(v);
  if (v !== 0 && (size < 1e-3 || size >= 1e6)) return sci(v, digits);
  return String(Number(v.toPrecision(digits))).replace("-", "−");
};
const spoken = (text) => text.replace(/·10(\S+)/, (_, n) => ` times 10 to the ${n}`)
  .normalize("NFKC").replaceAll("−", "minus ");

/* --- controls: each is a label with a native element in it --- */
export const slider = (name, range, say, changed) => {
  const input = make("input", { type: "range", ...range });
  const shown = make("span", { class: "shown" });
  const row = make("label", {}, make("span", {}, `${name} `, shown), input);
  const tell = () => {
    shown.textContent = say(row.value);
    set(input, { "aria-valuetext": spoken(shown.textContent) });
  };
  Object.defineProperty(row, "value", {
    get: () => Number(input.value), set: (v) => { input.value = v; tell(); },
  });
  row.limit = (range) => { set(input, range); row.value = range.value; };
  input.addEventListener("input", () => { tell(); changed(); });
  tell();
  return row;
};
export const choice = (name, options, changed) => {
  const input = make("select", {}, ...Object.keys(options).map((o) => make("option", {}, o)));
  const row = make("label", {}, make("span", {}, name), input);
  Object.defineProperty(row, "value", { get: () => input.value });
  input.addEventListener("change", changed);
  return row;
};
export const button = (name, pressed) => {
  const row = make("button", { type: "button" }, name);
  row.addEventListener("click", pressed);
  return row;
};

/* A table whose rows are given as texts; a cell is written only when its text changes. */
export const table = (name, ...heads) => {
  const body = make("tbody");
  const self = make("table", { "aria-label": name }, make("thead", {}, make("tr", {},
    ...heads.map((head) => make("th", { scope: "col" }, head)))), body);
  self.body = body;
  Object.defineProperty(self, "rows", {
    set(rows) {
      while (body.children.length > rows.length) body.lastChild.remove();
      while (body.children.length < rows.length)
        body.append(make("tr", {}, ...heads.map(() => make("td"))));
      rows.forEach((row, i) => row.forEach((text, k) => {
        const cell = body.children[i].children[k];
        if (cell.textContent !== text) cell.textContent = text;
      }));
    },
  });
  return self;
};

/* --- a plot: axes, and named marks that are moved, never made again --- */
const ticks = (low, high) => {
  const step = [1, 2, 5, 10, 20, 50].find((s) => (high - low) / s <= 5);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
};
export const plot = (title) => {
  const inner = make("svg", { class: "area" });
  const frame = make("g", {});
  const svg = make("svg", { role: "img", "aria-label": title }, frame, inner);
  const marks = {};
  const mark = (name, kind) => marks[name]
    ?? inner.appendChild(marks[name] = make(kind, { class: name }));
  const self = {
    svg,
    /* log: both axes show powers of ten of what they are given. */
    frame([x0, x1], [y0, y1], names, log) {
      const { clientWidth: width, clientHeight: height } = svg;
      const em = parseFloat(getComputedStyle(svg).fontSize);
      const left = (log ? 3.2 : 2.2) * em, right = width - em, top = 1.6 * em;
      const bottom = height - 2.7 * em;
      self.x = (x) => (x - x0) / (x1 - x0) * (right - left);
      self.y = (y) => (y1 - y) / (y1 - y0) * (bottom - top);
      self.back = (px) => x0 + (px - left) / (right - left) * (x1 - x0);
      set(inner, { x: left, y: top, width: right - left, height: bottom - top });
      const write = (x, y, anchor, text, kind = "") =>
        make("text", { x, y, "text-anchor": anchor, class: kind }, text);
      const say = (v) => log ? power(v) : show(v);
      let grid = `M${left} ${top}V${bottom}H${right}`;
      const texts = [write(right, height - .3 * em, "end", names[0], "name"),
        write(2, em, "start", names[1], "name"), ...names.slice(2).map((word, i) =>
          write(right - 5 * em * i, em, "end", word, `key ${word}`))];
      for (const x of ticks(x0, x1)) {
        grid += `M${left + self.x(x)} ${bottom}v4`;
        texts.push(write(left + self.x(x), bottom + 1.2 * em, "middle", say(x)));
      }
      for (const y of ticks(y0, y1)) {
        grid += `M${left} ${top + self.y(y)}h-4`;
        texts.push(write(left - .5 * em, top + self.y(y) + .35 * em, "end", say(y)));
      }
      frame.replaceChildren(make("path", { d: grid, class: "axes" }), ...texts);
    },
    line(name, points, join = "L", end = "") {
      const at = points.map(([x, y]) => `${self.x(x).toFixed(1)} ${self.y(y).toFixed(1)}${end}`);
      set(mark(name, "path"), { d: points.length ? `M${at.join(join)}` : "" });
    },
    /* The frame around a curve, with the share of its height left free above and below. */
    curve(low, high, f, share, names) {
      const points = Array.from({ length: 81 }, (_, i) => low + (high - low) * i / 80)
        .map((x) => [x, f(x)]).filter(([, y]) => Number.isFinite(y));
      const ys = points.map(([, y]) => y), bottom = Math.min(...ys), top = Math.max(...ys);
      const free = share * (top - bottom);
      self.frame([low, high], [bottom - free, top + free], names);
      self.line("curve", points);
      return bottom - .8 * free;
    },
    dots: (name, points) => self.line(name, points, "M", "h0"),
    text(name, x, y, words) {
      set(mark(name, "text"), { x: self.x(x), y: self.y(y), dy: "-.4em" }).textContent = words;
    },
    arrow(name, [x0, y0], [x1, y1]) {
      const [a, b, c, d] = [self.x(x0), self.y(y0), self.x(x1), self.y(y1)];
      const size = 9 / Math.hypot(c - a, d - b), u = (c - a) * size, w = (d - b) * size;
      const head = `${c - u - w / 2} ${d - w + u / 2}L${c} ${d}L${c - u + w / 2} ${d - w - u / 2}`;
      set(mark(name, "path"), { d: `M${a} ${b}L${c} ${d}M${head}` });
    },
    /* Moving the pointer over the plot with the button down gives x. */
    drag(moved) {
      svg.classList.add("drag");
      const move = (event) => {
        const box = svg.getBoundingClientRect(); // a slide is scaled
        moved(self.back((event.clientX - box.left) * svg.clientWidth / box.width));
      };
      svg.addEventListener("pointerdown", (event) => {
        svg.setPointerCapture(event.pointerId);
        move(event);
      });
      svg.addEventListener("pointermove", (event) => event.buttons && move(event));
    },
  };
  return self;
};
