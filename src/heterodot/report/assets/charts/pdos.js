// Projected densities of states: one panel a system, all on one scale.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

// Density (1/eV) of one spin channel of a curve at energies (eV from the VBM), its bins broadened by
// Gaussians of standard deviation `width`; `upTo` leaves out what lies above.
heterodot.broadened = function (bins, values, energies, width, upTo = Infinity) {
  const out = new Float64Array(energies.length);
  const norm = 1 / (width * Math.sqrt(2 * Math.PI));
  const spacing = (energies[energies.length - 1] - energies[0]) / (energies.length - 1);
  for (let k = 0; k < values.length; k++) {
    if (!values[k]) continue;
    const energy = bins.low + bins.step * bins.places[k];
    if (energy > upTo) break;
    const first = Math.max(0, Math.ceil((energy - 5 * width - energies[0]) / spacing));
    const last = Math.min(out.length - 1, Math.floor((energy + 5 * width - energies[0]) / spacing));
    for (let i = first; i <= last; i++) {
      const z = (energies[i] - energy) / width;
      out[i] += values[k] * norm * Math.exp((-z * z) / 2);
    }
  }
  return out;
};

heterodot.charts.pdos = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const labels = [...new Set(data.systems.flatMap((s) => s.curves.map((c) => c.label)))];
  labels.sort((a, b) => (a === "total") - (b === "total"));
  const on = new Map(
    labels.map((name) => [
      name, data.systems.some((s) => s.curves.some((c) => c.label === name && c.on)),
    ])
  );
  const panelOn = data.systems.map((_, k) => k < 4);
  const spins = Math.max(...data.systems.map((s) => s.curves[0].spins.length));
  // beside systems with two spin channels, one without has half of its states in each
  const split = (curve) =>
    spins === 2 && curve.spins.length === 1
      ? [0, 1].map(() => curve.spins[0].map((v) => v / 2))
      : curve.spins;
  data = {
    ...data,
    systems: data.systems.map((system) => ({
      ...system,
      paired: system.curves[0].spins.length === 1,
      curves: system.curves.map((curve) => ({ ...curve, spins: split(curve) })),
    })),
  };
  const channels = spins === 2 ? [true, true] : [true];
  let width = Math.max(0.06, data.width);
  const vacuum = data.systems.every((s) => s.vacuum !== null);
  let reference = data.reference === "vacuum" && vacuum ? "vacuum" : "vbm";
  // colours of the projections that are on first come first: they are told apart best
  const order = [...labels].sort((a, b) => on.get(b) - on.get(a));
  const shade = (name) => (name === "total" ? null : order.indexOf(name));
  const paint = (name, text) =>
    name === "total" ? "var(--hd-quiet)" : kit.colour(shade(name), text);

  const zero = (system) => ({ vbm: 0, fermi: system.fermi, vacuum: system.vacuum })[reference];
  const symbol = () => ({ vbm: "E_VBM", fermi: "E_F", vacuum: "E_vac" })[reference];
  const gapless = (system) => system.gap !== null && system.gap <= 0;
  const gapText = (system) => {
    if (system.gap === null) return "no empty state calculated";
    return gapless(system) ? "no gap" : `gap ${number(system.gap)} eV`;
  };

  function whole() {
    const low = data.systems.map((s) => -6.5 - zero(s));
    const high = data.systems.map((s) => Math.max(s.cbm ?? 0, s.fermi, 0) + 2 - zero(s));
    return [Math.min(...low), Math.max(...high)];
  }
  let window_ = whole();
  let area = null;

  function curves(system, energies) {
    const shifted = energies.map((e) => e + zero(system));
    const filled = system.gap === null ? Infinity : gapless(system) ? system.fermi : system.gap / 2;
    return system.curves
      .filter((curve) => on.get(curve.label))
      .map((curve) => ({
        name: curve.label,
        spins: curve.spins.map((values, spin) =>
          channels[spin] ? heterodot.broadened(system.bins, values, shifted, width) : null
        ),
        filled: curve.spins.map((values, spin) =>
          channels[spin] ? heterodot.broadened(system.bins, values, shifted, width, filled) : null
        ),
      }));
  }

  const shown = () => data.systems.filter((_, k) => panelOn[k]);

  function draw(root, wide) {
    const left = 58;
    const right = wide - 8;
    const systems = shown();
    const each = systems.length > 2 ? 150 : 190;
    const x = kit.linear(window_, [left, right]);
    const count = Math.max(200, Math.round(right - left));
    const energies = Array.from({ length: count }, (_, i) => x.invert(left + (i * (right - left)) / (count - 1)));
    const drawn = systems.map((system) => curves(system, energies));
    const peak = (spin) =>
      Math.max(0, ...drawn.flatMap((group) => group.map((c) => Math.max(0, ...(c.spins[spin] || [])))));
    const [up, down] = [peak(0), peak(1)];
    const top = up || down || 1;
    const domain = [-down * 1.08 || 0, (up || 0.15 * top) * 1.05];
    let y0 = 6;
    const panels = [];
    systems.forEach((system, k) => {
      const g = svg(root, "g");
      const head = 20 + marksHeight(system, x);
      const y = kit.linear(domain, [y0 + head + each, y0 + head]);
      panels.push({ y0: y0 + head, y1: y0 + head + each });
      levels(g, system, x, y);
      drawn[k].forEach((curve) => drawCurve(g, curve, x, y, energies, left, right));
      line(g, left, y(0), right, y(0), { class: "hd-axis" });
      kit.yAxis(g, y, left, null, { absolute: true, count: spins === 2 ? 5 : 4 });
      centres(g, system, x, y, y0 + 16);
      label(g, system.name, { x: left, y: y0 + 12, "font-weight": 600, "font-size": 12.5 });
      const said = label(g, gapText(system) + (system.gap_flags.length ? "†" : ""), {
        x: right, y: y0 + 12, "text-anchor": "end", "font-size": 11.5,
      });
      if (system.gap_flags.length) svg(said, "title", { text: system.gap_flags.join("\n") });
      if (spins === 2) {
        const places = { x: left + 8, "font-size": 11, class: "hd-halo" };
        if (channels[0]) label(g, "spin up ↑", { ...places, y: y(domain[1]) + 12 });
        if (channels[1]) label(g, "spin down ↓", { ...places, y: y(domain[0]) - 5 });
      }
      y0 += head + each + 14;
    });
    if (!systems.length) return 60;
    const bottom = y0 - 10;
    kit.xAxis(root, x, bottom, `Energy − ${symbol()} (eV)`);
    const middle = (panels[0].y0 + panels[panels.length - 1].y1) / 2;
    label(root, "PDOS (states/eV)", {
      transform: `translate(14,${middle}) rotate(-90)`, "text-anchor": "middle",
    });
    area = { x0: left, x1: right, y0: panels[0].y0, y1: bottom, scale: x, zoom, read };
    return bottom + 46;
  }

  // Gap, VBM, CBM and E_F, named where they are.
  function levels(g, system, x, y) {
    const [low, high] = x.range;
    const shift = zero(system);
    const clamp = (v) => Math.max(low, Math.min(high, v));
    const [bottom, top] = y.range;
    if (system.gap > 0 && system.cbm !== null) {
      const [a, b] = [clamp(x(-shift)), clamp(x(system.cbm - shift))];
      const gap = svg(g, "rect", { x: a, y: top, width: b - a, height: bottom - top, class: "hd-gap" });
      svg(gap, "title", { text: `gap ${number(system.gap)} eV` });
    }
    const close = Math.abs(system.fermi) < 0.03;
    const lines = gapless(system)
      ? [["E_F", system.fermi, "5 3"]]
      : close
        ? [["E_F = VBM", 0, "5 3"], ["CBM", system.cbm, "1 2"]]
        : [["VBM", 0, "1 2"], ["E_F", system.fermi, "5 3"], ["CBM", system.cbm, "1 2"]];
    const ends = [];
    for (const [name, energy, dash] of lines) {
      if (energy === null) continue;
      const place = x(energy - shift);
      if (place < low - 1 || place > high + 1) continue;
      line(g, place, bottom, place, top, { class: "hd-mark", "stroke-dasharray": dash });
      let row = 0;
      const wide = kit.widthOf(name, 10.5) / 2 + 3;
      while (ends.some((e) => e.row === row && Math.abs(e.place - place) < e.wide + wide)) row++;
      ends.push({ place, row, wide });
      label(g, name, {
        x: Math.max(low + wide, Math.min(high - wide, place)), y: top + 10 + 12 * row,
        "text-anchor": "middle", "font-size": 10.5, class: "hd-halo",
      });
    }
  }

  function drawCurve(g, curve, x, y, energies, left, right) {
    const place = (i) => left + (i * (right - left)) / (energies.length - 1);
    curve.spins.forEach((values, spin) => {
      if (!values) return;
      const sign = spin ? -1 : 1;
      const outline = (list) => Array.from(list, (v, i) => [place(i), y(sign * v)]);
      const fill = kit.path(outline(curve.filled[spin]));
      svg(g, "path", {
        d: `${fill}L${right},${y(0)}L${left},${y(0)}Z`, class: "hd-fill",
        style: { fill: paint(curve.name) },
      });
      svg(g, "path", {
        d: kit.path(outline(values)), class: "hd-curve", style: { stroke: paint(curve.name) },
      });
    });
  }

  function visibleCentres(system, x) {
    const [low, high] = x.range;
    return system.centres
      .filter((c) => on.get(c.label))
      .map((c) => {
        const flags = reference === "fermi" ? c.fermi_flags : c.flags;
        const value = c.centre - zero(system);
        const text = `${c.label} ${number(value)}${flags.length ? "†" : ""}`;
        const place = x(value);
        return { ...c, flags, value, text, place, inside: place >= low && place <= high };
      });
  }

  function rows(marks, x) {
    const found = [];
    for (const mark of [...marks].sort((a, b) => a.place - b.place)) {
      const half = kit.widthOf(mark.text, 11) / 2 + 4;
      const middle = Math.max(x.range[0] + half, Math.min(x.range[1] - half, mark.place));
      let row = 0;
      while (found.some((f) => f.row === row && Math.abs(f.middle - middle) < f.half + half)) row++;
      found.push({ ...mark, half, middle, row });
    }
    return found;
  }

  function marksHeight(system, x) {
    const placed = rows(visibleCentres(system, x), x);
    return placed.length ? 14 * (Math.max(...placed.map((one) => one.row)) + 1) : 0;
  }

  // A line at each band centre with its number above the panel; an arrow where it lies outside.
  function centres(g, system, x, y, at) {
    for (const mark of rows(visibleCentres(system, x), x)) {
      const base = at + 10 + 14 * mark.row;
      const colour = paint(mark.label, true);
      if (mark.inside) {
        line(g, mark.place, y.range[0], mark.place, base + 3, {
          class: "hd-centre", style: { stroke: paint(mark.label) },
          "stroke-dasharray": mark.flags.length ? "6 3" : null,
        });
      }
      const beyond = mark.inside ? "" : mark.place < x.range[0] ? "← " : "";
      const after = mark.inside || beyond ? "" : " →";
      const text = label(g, beyond + mark.text + after, {
        x: mark.middle, y: base, "text-anchor": "middle", "font-size": 11, style: { fill: colour },
      });
      svg(text, "title", { text: [`Band centre of ${mark.text} eV`, ...mark.flags].join("\n") });
    }
  }

  function read(energy) {
    const parts = shown().map((system) => {
      const values = system.curves
        .filter((curve) => on.get(curve.label))
        .map((curve) => {
          const at = [energy + zero(system), energy + zero(system) + 1e-3];
          const each = curve.spins.map((v) => heterodot.broadened(system.bins, v, at, width)[0]);
          return `${curve.label} ${each.map((v) => number(v, 1)).join(" / ")}`;
        });
      return `${system.short ? system.short + ": " : ""}${values.join(", ")}`;
    });
    return `${number(energy)} eV from ${symbol()}: ${parts.join("; ")} states/eV`;
  }

  function zoom(next) {
    window_ = next || whole();
    state.redraw();
  }

  function describe() {
    const texts = shown().map((system) => {
      const centres_ = system.centres
        .filter((c) => on.get(c.label))
        .map((c) => `${c.label} centre ${number(c.centre)} eV from the VBM${c.flags.length ? ", flagged" : ""}`);
      return `${system.name}: ${[gapText(system), ...centres_].join(", ")}`;
    });
    const names = labels.filter((name) => on.get(name)).join(", ");
    return `Projections ${names}. ${texts.join(". ")}.`;
  }

  function table() {
    const n = 1 + Math.round((window_[1] - window_[0]) / 0.02);
    const energies = Array.from({ length: n }, (_, i) => window_[0] + 0.02 * i);
    const columns = [[`E - ${symbol()} (eV)`, ...energies.map((e) => Number(e.toFixed(4)))]];
    for (const system of shown()) {
      for (const curve of curves(system, energies)) {
        curve.spins.forEach((values, spin) => {
          if (!values) return;
          const which = curve.spins.length === 2 ? (spin ? " down" : " up") : "";
          columns.push([`${system.name} ${curve.name}${which} (1/eV)`.trim(), ...values]);
        });
      }
    }
    return columns[0].map((_, i) => columns.map((column) => column[i]));
  }

  const key = () =>
    order.filter((name) => on.get(name)).map((name) => ({ text: name, colour: paint(name) }));

  const state = kit.frame(element, data, {
    draw, describe, table, key,
    help: "Drag to zoom, double click or Escape for the whole range; arrow keys read, + and − zoom.",
  });
  state.figure.classList.add("hd-zoomable");
  kit.slider(state, {
    name: "broadening σ", unit: "eV", min: 0.06, max: 0.5, step: 0.01, value: width, digits: 2,
    oninput(value) {
      width = value;
      state.redraw();
    },
  });
  const options = [["vbm", "VBM"], ["fermi", "E_F"], ...(vacuum ? [["vacuum", "vacuum"]] : [])];
  kit.choice(state, {
    name: "energies from", options, value: reference,
    onchange(value) {
      reference = value;
      zoom(null);
      const doubted = reference === "fermi" && data.systems.some((s) => s.gap > 0.1);
      state.readout.replaceChildren(
        doubted ? kit.rich("E_F lies anywhere in a gap: compare against the VBM.") : ""
      );
    },
  });
  kit.group(state, "projections");
  for (const name of order) {
    kit.toggle(state, {
      name, shade: shade(name), on: on.get(name), title: `Show or hide ${name}`,
      onclick(now) {
        on.set(name, now);
        state.redraw();
      },
    });
  }
  if (spins === 2) {
    kit.group(state, "spin");
    ["spin up", "spin down"].forEach((name, spin) =>
      kit.toggle(state, {
        name, shade: null, on: true, title: `Show or hide ${name}`,
        onclick(now) {
          channels[spin] = now;
          state.redraw();
        },
      })
    );
  }
  if (data.systems.length > 1) {
    kit.group(state, "systems");
    data.systems.forEach((system, k) =>
      kit.toggle(state, {
        name: system.short, shade: null, on: panelOn[k], title: `Show or hide ${system.name}`,
        onclick(now) {
          panelOn[k] = now;
          state.redraw();
        },
      })
    );
  }
  kit.action(state, "Whole range", "Show the whole range again", () => zoom(null));
  kit.cursor(state, () => area);
  state.zoom = zoom;
  state.window = () => window_;
  return kit.live(state);
};
