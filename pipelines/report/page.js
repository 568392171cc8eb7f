// Draws the figures in the colours that the reader's screen asks for, and again when that changes or for paper.
(() => {
  "use strict";
  const page = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const PIXELS = new Set(["size", "height", "yshift", "xshift", "pad", "thickness", "standoff", "t", "b"]);
  const PAPER_WIDTH = 680;
  const PAPER_HEIGHT = 720;
  const PAPER_SCALE = 0.82;
  const SCALES = [[1700, 1.35], [900, 1.12], [0, 1]];

  const dressed = (value, key, colours, scale) => {
    if (Array.isArray(value)) return value.map((item) => dressed(item, key, colours, scale));
    if (value && typeof value === "object") {
      const entries = Object.entries(value).map(([name, item]) => [name, dressed(item, name, colours, scale)]);
      return Object.fromEntries(entries);
    }
    if (typeof value === "number" && PIXELS.has(key)) return value * scale;
    return typeof value === "string" && Object.hasOwn(colours, value) ? colours[value] : value;
  };

  const swatch = (trace) => {
    const item = document.createElement("li");
    const sign = document.createElement("span");
    const { color, line } = trace.marker;
    sign.className = trace.marker.symbol === "square" || trace.type === "bar" ? "square" : "dot";
    sign.style.background = color;
    if (sign.className === "dot") sign.style.borderColor = line.color;
    item.append(sign, trace.name);
    return item;
  };

  const drawLegend = (id, traces) => {
    const place = document.getElementById(id);
    const old = place.previousElementSibling;
    if (old.className === "legend") old.remove();
    const named = traces.filter((trace) => trace.name && trace.showlegend !== false);
    if (!named.length) return;
    const list = document.createElement("ul");
    list.className = "legend";
    list.append(...named.map(swatch));
    place.before(list);
  };

  const isOpenedAsPaper = window.matchMedia("print").matches;
  let isPaper = isOpenedAsPaper;

  const scaleOf = (height) => {
    if (isPaper) return Math.min(PAPER_SCALE, PAPER_HEIGHT / height);
    return SCALES.find(([width]) => window.innerWidth >= width)[1];
  };

  const draw = () => {
    const colours = dark.matches && !isPaper ? page.dark : {};
    for (const figure of page.figures) {
      const scale = scaleOf(figure.layout.height);
      const layout = dressed(figure.layout, "", colours, scale);
      if (isPaper) Object.assign(layout, { width: PAPER_WIDTH, autosize: false });
      const config = { responsive: !isPaper, displayModeBar: false, showTips: false };
      const traces = dressed(figure.data, "", colours, scale);
      layout.showlegend = false;
      drawLegend(figure.id, traces);
      if (isPaper) window.Plotly.purge(figure.id); // a figure that is drawn again moves to its place: paper does not wait
      window.Plotly.react(figure.id, traces, layout, config);
    }
    // Plotly measures words in a picture of its own, which would be read out as one without a name.
    document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
  };

  const copy = async (button) => {
    const code = button.closest("details").querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = button.dataset.done;
    } catch {
      window.getSelection().selectAllChildren(code);
      button.textContent = button.dataset.selected;
    }
  };

  for (const table of document.querySelectorAll("details:not(.shown)")) table.open = false;
  for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
  const drawFor = (forPaper) => {
    if (forPaper === isPaper) return; // a page that was opened for paper is drawn for it, once
    isPaper = forPaper;
    draw();
  };

  draw();
  dark.addEventListener("change", draw);
  window.addEventListener("beforeprint", () => drawFor(true));
  window.addEventListener("afterprint", () => drawFor(isOpenedAsPaper));
})();
