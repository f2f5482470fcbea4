// Δρ averaged over planes, its integral below, and a tick for every atom.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

heterodot.charts.profile = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  let area = null;
  const ends = [data.positions[0], data.positions[data.positions.length - 1]];
  let window_ = ends;

  const padded = (values) => {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const room = 0.08 * (high - low || 1);
    return [low - room, high + room];
  };

  function draw(root, wide) {
    const left = 64;
    const right = wide - 10;
    const x = kit.linear(window_, [left, right]);
    const keep = data.positions.map((z, i) => i).filter((i) =>
      data.positions[i] >= window_[0] && data.positions[i] <= window_[1]
    );
    const at = (values) => keep.map((i) => values[i]);
    const upper = kit.linear(padded(at(data.values)), [150, 8]);
    const ticks = 168 + 13 * data.atoms.length;
    const lower = kit.linear(padded(at(data.cumulative)), [ticks + 124, ticks + 8]);
    kit.yAxis(root, upper, left, "Δρ (e/Å)", { titleX: 14, count: 4 });
    kit.yAxis(root, lower, left, "∫Δρ (e)", { titleX: 14, count: 4 });
    for (const [sign, shade] of [[1, 0], [-1, 1]]) {
      const points = keep.map((i) => [x(data.positions[i]), upper(Math.max(0, sign * data.values[i]) * sign)]);
      if (!points.length) continue;
      const d = `M${points[0][0]},${upper(0)}L${kit.path(points).slice(1)}L${points[points.length - 1][0]},${upper(0)}Z`;
      svg(root, "path", { d, class: "hd-fill", style: { fill: kit.colour(shade) } });
    }
    for (const [y, values] of [[upper, data.values], [lower, data.cumulative]]) {
      line(root, left, y(0), right, y(0), { class: "hd-zero" });
      const d = kit.path(keep.map((i) => [x(data.positions[i]), y(values[i])]));
      svg(root, "path", { d, class: "hd-curve", style: { stroke: "var(--hd-ink)" } });
    }
    data.atoms.forEach((fragment, k) => {
      const y = 164 + 13 * k;
      for (const place of fragment.places) {
        if (place < window_[0] || place > window_[1]) continue;
        line(root, x(place), y, x(place), y + 9, {
          class: "hd-atom", style: { stroke: kit.colour(k + 2) },
        });
      }
      label(root, fragment.name, {
        x: left - 6, y: y + 9, "text-anchor": "end", "font-size": 11,
        style: { fill: kit.colour(k + 2, true) },
      });
    });
    kit.xAxis(root, x, lower.range[0], data.along || `Height along ${data.axis} (Å)`);
    area = { x0: left, x1: right, y0: 8, y1: lower.range[0], scale: x, zoom, read };
    return lower.range[0] + 46;
  }

  function nearest(z) {
    const step = (ends[1] - ends[0]) / (data.positions.length - 1);
    const i = Math.round((z - ends[0]) / step);
    return Math.max(0, Math.min(data.positions.length - 1, i));
  }

  function read(z) {
    const i = nearest(z);
    return `${number(data.positions[i])} Å: Δρ ${number(data.values[i], 4)} e/Å, from the left ` +
      `${number(data.cumulative[i], 4)} electrons`;
  }

  function zoom(next) {
    window_ = next || ends;
    state.redraw();
  }

  function describe() {
    const size = data.cumulative.map(Math.abs);
    const i = size.indexOf(Math.max(...size));
    const moved = data.moved === null ? "" : `Δρ moves ${number(data.moved, 3)} electrons; `;
    return `${moved}the integral is largest at ${number(data.positions[i])} Å, ` +
      `${number(data.cumulative[i], 3)} electrons.`;
  }

  function table() {
    const head = ["height (A)", "drho (e/A)", "integral (e)"];
    return [head, ...data.positions.map((z, i) => [z, data.values[i], data.cumulative[i]])];
  }

  const state = kit.frame(element, data, {
    draw, describe, table,
    help: "Drag to zoom, double click or Escape for the whole range; arrow keys read, + and − zoom.",
  });
  state.figure.classList.add("hd-zoomable");
  kit.action(state, "Whole range", "Show the whole range again", () => zoom(null));
  kit.cursor(state, () => area);
  return kit.live(state);
};
