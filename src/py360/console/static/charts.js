// Draws what components.html's `chart` holds, with uPlot: lines over days, or bars. Colours follow the page's theme.
"use strict";

const incrs = [...Array(12).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
const hues = ["--brand", "--good", "--warn", "--bad", "--soft"];

function draw(holder) {
  holder.drawn = holder.dataset.series;
  const { x, lines } = JSON.parse(holder.dataset.series);
  const style = getComputedStyle(document.body);
  const probe = document.createElement("i");
  document.body.append(probe);
  const colour = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: `12px ${style.fontFamily}` };
  const isBar = holder.dataset.chart === "bar";
  const isTime = x.every((each) => /^\d{4}-\d\d-\d\d/.test(each));
  const at = isTime ? x.map((each) => Date.parse(each) / 1000) : x.map((_, index) => index);
  const series = lines.map((line, index) => {
    const stroke = colour(hues[index % hues.length]);
    return { label: line.name, stroke, width: 2, fill: isBar ? stroke : undefined, paths: isBar ? uPlot.paths.bars({ size: [0.7 / lines.length, 48], align: lines.length === 2 ? (index ? 1 : -1) : 0 }) : undefined, points: { show: !isBar && x.length < 40 } };
  });
  probe.remove();
  holder.replaceChildren();
  const language = document.documentElement.lang;
  const isWhole = lines.every((line) => line.values.every((value) => Number.isInteger(value ?? 0))); // there is no half case
  const isLarge = lines.some((line) => line.values.some((value) => value >= 100000));
  const numbers = new Intl.NumberFormat(`${language}-IN`, isLarge ? { notation: "compact", maximumFractionDigits: 1 } : {});
  const days = new Intl.DateTimeFormat(`${language}-IN`, { day: "numeric", month: "short" });
  new uPlot({
    legend: { live: false },
    width: holder.clientWidth, height: 240, series: [{ label: " ", value: (_, value) => (value == null ? "" : isTime ? days.format(value * 1000) : x[value]) }, ...series],
    scales: { x: { time: isTime, ...(isTime ? {} : { range: [-0.6, x.length - 0.4] }) }, y: { range: (_, min, max) => [Math.min(0, min ?? 0), max > 0 ? max * 1.05 : 1] } },
    axes: [{ ...axis, values: (_, splits) => splits.map((each) => (isTime ? days.format(each * 1000) : x[each] ?? "")) }, { ...axis, size: 64, ...(isWhole && { incrs }), values: (_, splits) => splits.map((each) => numbers.format(each)) }],
  }, [at, ...lines.map((line) => line.values)], holder);
}

function drawAll() { for (const holder of document.querySelectorAll("[data-chart]")) draw(holder); }
let resizing = null;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(drawAll, 150); });
// A part that was asked for anew keeps its drawing until its numbers differ.
document.addEventListener("htmx:after:swap", () => {
  for (const holder of document.querySelectorAll("[data-chart]")) if (holder.drawn !== holder.dataset.series) draw(holder);
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-theme-choice]")) setTimeout(drawAll); });
drawAll();
