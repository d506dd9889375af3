/* Measurements that run inside a page. The tests install them before the page's own scripts. */
(() => {
  /* All shifts count, those with "recent input" too: nothing is touched while they are measured, and
     the emulation of a phone marks its own change of the viewport as input for half a second. */
  const shifts = [];
  try {
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) {
        const names = entry.sources.map(s => s.node?.className || s.node?.nodeName || "?");
        shifts.push({ value: entry.value, what: [...new Set(names)].slice(0, 4).join(", ") });
      }
    }).observe({ type: "layout-shift", buffered: true });
  } catch { /* about:blank has no timeline */ }

  const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const label = e => {
    const name = e.nodeName.toLowerCase() + (e.id ? `#${e.id}` : "");
    const classes = [...e.classList].slice(0, 3).map(c => `.${c}`).join("");
    const text = (e.textContent || e.getAttribute("src") || "").trim().replace(/\s+/g, " ");
    return `<${name}${classes}> ${JSON.stringify(text.slice(0, 40))}`;
  };
  const visible = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: false });

  /* The live figures that are in view or close to it, judged as the page's own watch judges them. The
     browser tells both in one go: what is near here has begun to start, however slow the page is. */
  const near = () => new Promise(done => {
    const boxes = [...document.querySelectorAll("[data-live]")];
    if (!boxes.length) done([]);
    const watch = new IntersectionObserver(seen => {
      watch.disconnect();
      done(seen.filter(one => one.isIntersecting).map(one => one.target));
    }, { rootMargin: "300px" });
    boxes.forEach(box => watch.observe(box));
  });

  /* They take their pictures' places, and what they push away or pull up may bring others near. */
  const lives = async () => {
    await frame();
    const waits = performance.now() + 30_000;
    for (;;) {
      const pictures = (await near()).filter(box => !box.classList.contains("is-live"));
      if (!pictures.length) return;
      if (performance.now() > waits) throw new Error(`a live figure does not start: ${label(pictures[0])}`);
      await frame();
    }
  };

  /* Fonts, images, two frames, live figures: after this nothing moves by itself. */
  const settle = async () => {
    await document.fonts.ready;
    const images = [...document.images];
    images.forEach(i => { i.loading = "eager"; });
    await Promise.all(images.map(i => i.decode().catch(() => null)));
    await lives();
  };

  /* Bring a picture into view; whether it stays there. */
  const come = async e => {
    let top, last;
    do {
      last = top;
      e.scrollIntoView({ block: "center", behavior: "instant" });
      await lives();
      ({ top } = e.getBoundingClientRect());
    } while (top !== last);
    return e.checkVisibility();
  };

  /* Folded answers and solutions are content too. */
  const unfold = async () => {
    document.querySelectorAll("details").forEach(d => { d.open = true; });
    document.querySelectorAll(".toggle-hidden").forEach(e => {
      e.classList.remove("toggle-hidden");
    });
    const style = document.createElement("style");
    style.textContent = "*, *::before, *::after { transition: none !important; animation: none !important; }"
      + "* { content-visibility: visible !important; }";  // what waits to be scrolled to is judged too
    document.head.append(style);
    await frame();
  };

  const captionText = caption => {
    const copy = caption.cloneNode(true);
    copy.querySelectorAll(".headerlink, .katex-html, annotation").forEach(e => e.remove());
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  const facts = () => ({
    title: document.title,
    images: [...document.images].map(i => ({
      src: i.getAttribute("src"),
      alt: i.getAttribute("alt"),
      // Beside its own name, as the mark in the header is, an image has nothing to add: alt="".
      decorative: i.getAttribute("alt") === "" && !i.closest("article, .slides"),
      width: i.naturalWidth,
    })),
    captions: [...document.querySelectorAll("figcaption")].map(captionText),
    blocking: [...document.head.querySelectorAll("script[src]")]
      .filter(s => !s.async && !s.defer && s.type !== "module").map(s => s.getAttribute("src")),
  });

  const wide = limit => {
    if (document.documentElement.scrollWidth <= limit) return [];
    const contained = e => {
      for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
        if (getComputedStyle(p).overflowX !== "visible") return true;
      }
      return false;
    };
    const out = [...document.body.querySelectorAll("*")].filter(e =>
      visible(e) && e.getBoundingClientRect().right > limit + 1 && !contained(e));
    return [`the page is ${document.documentElement.scrollWidth} px wide`,
            ...out.slice(0, 5).map(e => `${label(e)} ends at ${Math.round(e.getBoundingClientRect().right)} px`)];
  };

  /* The parts of a formula that end outside of its place; a line of it may scroll or be clipped. */
  const cut = () => [...document.querySelectorAll(".katex-display")].filter(visible).flatMap(e => {
    const room = e.parentElement.getBoundingClientRect();
    const ends = [...e.querySelectorAll(".katex-html > *")].map(part => part.getBoundingClientRect());
    const beyond = Math.max(...ends.flatMap(end => [end.right - room.right, room.left - end.left]));
    return beyond > 1 ? [`${Math.round(beyond)} px of ${e.querySelector("annotation")?.textContent}`] : [];
  });

  /* The printed half of a formula is hundreds of boxes in one colour, hidden from screen readers: to
     axe its text says as much, in a tenth of the time. A formula with colours of its own is kept.
     So it is with code: the first token of each kind stands for all others of a block. */
  const flatten = () => {
    document.querySelectorAll(".katex-html").forEach(e => {
      if (e.children.length && !e.querySelector("[style*=color]")) e.textContent = e.textContent;
    });
    document.querySelectorAll(".highlight pre").forEach(block => {
      const kinds = new Set();
      block.querySelectorAll("span[class]").forEach(token => {
        const kind = `${token.parentElement.className} ${token.className}`;
        if (token.children.length || token.attributes.length > 1 || !kinds.has(kind)) kinds.add(kind);
        else token.replaceWith(token.textContent);
      });
      block.normalize();
    });
  };

  /* Whatever part it is asked about, axe reads the whole document first, and a deck is all slides:
     those that hold no part of the answer are put aside, and back. */
  const setAside = part => [...document.querySelectorAll(".slides > section")]
    .filter(slide => !slide.contains(part) && !part.contains(slide))
    .map(slide => {
      const place = document.createComment("a slide");
      slide.replaceWith(place);
      return [slide, place];
    });

  const check = async (rules, accepted, selector) => {
    const runOnly = Array.isArray(rules) ? { type: "tag", values: rules } : rules;
    const back = selector ? setAside(document.querySelector(selector)) : [];
    const found = await axe.run(selector || document, {
      runOnly, resultTypes: ["violations"], elementRef: true, preload: false });
    for (const [slide, place] of back) place.replaceWith(slide);
    return found.violations.flatMap(v => v.nodes.map(n => ({
      rule: v.id,
      target: n.target.join(" "),
      html: n.html.replace(/\s+/g, " ").slice(0, 140),
      why: (n.failureSummary || v.help).split("\n").slice(1).join(" ").trim().slice(0, 240),
      accepted: accepted.findIndex(a => a.rule === v.id && n.element?.matches(a.selector)),
    })));
  };

  const luminance = (r, g, b) => {
    const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };

  /* What a picture looks like: how bright its ground is, and how much of it can be told from that. */
  const look = async png => {
    const bytes = Uint8Array.from(atob(png), c => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    pen.drawImage(bitmap, 0, 0);
    const { data } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      const key = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      counts.set(key, (counts.get(key) || 0) + 1);
    }
    const of = key => luminance(key >> 16, (key >> 8) & 255, key & 255);
    const ground = of([...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0]);
    let ink = 0;
    for (const [key, n] of counts) {
      const l = of(key);
      if ((Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05) >= 3) ink += n;
    }
    return { ground, ink: ink / (data.length / 4) };
  };

  const ground = () => {
    for (const e of [document.body, document.documentElement]) {
      const [r, g, b, a] = getComputedStyle(e).backgroundColor.match(/[\d.]+/g).map(Number);
      if (a !== 0) return luminance(r, g, b);
    }
    return 1;
  };

  /* A keyboard user must see where they are: by more than a change of the text's colour. */
  const marks = e => {
    const style = getComputedStyle(e);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return [outlined && style.outline, style.boxShadow, style.border, style.backgroundColor,
            style.textDecorationLine, style.textDecorationThickness].join("|");
  };
  const focus = () => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const box = e.getBoundingClientRect(), shown = visible(e) && box.width > 0 && box.height > 0;
    const focused = marks(e);
    e.blur();
    const marked = focused !== marks(e);
    e.focus({ focusVisible: true, preventScroll: true });
    return { what: label(e), marked, shown };
  };

  window.probes = { shifts, settle, lives, come, unfold, facts, flatten, wide, cut, check, look, ground, focus, visible, label };
})();
