/* Drawing on slides, by the chalkboard plugin of reveal.js-plugins: it is fetched at the first press
   of its keys, so that a deck costs nothing more where nobody draws. Nothing is stored or sent. */
(() => {
  "use strict";
  const folder = new URL("vendor/chalkboard/", document.currentScript.src).href;
  const KEYS = {
    toggleNotesCanvas: { keyCode: 87, key: "W", description: "Write on the slide" },
    toggleChalkboard: { keyCode: 67, key: "C", description: "Chalkboard" },
    colorNext: { keyCode: 88, key: "X", description: "Next colour" },
    clear: { keyCode: 46, key: "Delete", description: "Wipe the drawing" },
  };
  const SETTINGS = {
    keyBindings: { ...KEYS, resetAll: null, colorPrev: null, download: null },
    boardmarkerWidth: 5, chalkEffect: 0.6, boardHandle: false, grid: false, transition: 100, readOnly: false,
  };

  const fetched = (element) => new Promise((done, failed) => {
    Object.assign(element, { onload: done, onerror: failed });
    document.head.append(element);
  });

  /* The plugin sets itself up when reveal is ready, and reveal is ready when the plugin comes. */
  const start = () => {
    const late = [];
    RevealChalkboard.init(new Proxy(Reveal, { get: (deck, name) => name === "addEventListener"
      ? (type, run) => type === "ready" ? late.push(run) : deck.on(type, run) : deck[name] }));
    late.forEach((run) => run());
    addEventListener("keydown", putAway, true);
  };

  /* Escape puts the board or the pen away; only then does it mean reveal's overview. */
  const putAway = (event) => {
    if (event.key !== "Escape") return;
    const board = document.getElementById("chalkboard").style.visibility === "visible";
    const pen = document.getElementById("notescanvas").style.pointerEvents !== "none";
    if (!board && !pen) return;
    event.stopImmediatePropagation();
    RevealChalkboard[board ? "toggleChalkboard" : "toggleNotesCanvas"]();
  };

  let loading;
  const load = () => loading ??= Promise.all([
    fetched(Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${folder}style.css` })),
    fetched(Object.assign(document.createElement("script"), { src: `${folder}plugin.js` })),
  ]).then(start);

  const offer = () => {
    if (Reveal.isPrintView()) return;
    Reveal.getConfig().chalkboard = SETTINGS; // `configure` would lay out all slides once more
    for (const name of ["colorNext", "clear"]) // listed before the plugin binds them
      Reveal.registerKeyboardShortcut(KEYS[name].key, KEYS[name].description);
    for (const name of ["toggleNotesCanvas", "toggleChalkboard"])
      Reveal.addKeyBinding(KEYS[name], () => load().then(() => RevealChalkboard[name]()));
  };
  if (Reveal.isReady()) offer(); else Reveal.on("ready", offer);
})();
