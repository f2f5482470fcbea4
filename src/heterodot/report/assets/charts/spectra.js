// Vibrational spectra, one above the other on one scale, wavenumbers falling to the right.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

// Sum of Lorentzians (full width at half maximum `width`, cm-1) at a wavenumber: km/mol per cm-1,
// without intensities modes per cm-1.
heterodot.absorption = function (modes, wavenumber, width) {
  let sum = 0;
  for (const mode of modes) {
    const x = (wavenumber - mode.frequency) / (width / 2);
    sum += (mode.intensity ?? 1) / (Math.PI * (1 + x * x)) / (width / 2);
  }
  return sum;
};

heterodot.charts.spectra = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const on = data.systems.map((_, k) => k < 8);
  let width = 15;
  let area = null;

  function whole() {
    const all = data.systems.flatMap((system) => system.modes.map((mode) => mode.frequency));
    if (!all.length) return [4000, 0];
    const low = Math.max(0, Math.floor(Math.min(...all) / 100 - 1) * 100);
    return [Math.ceil(Math.max(...all) / 100 + 1) * 100, low];
  }
  let window_ = whole();

  // ν stretch, δ bend, γ out of plane, τ torsion
  function short(name) {
    const words = [["asymmetric stretch", "ν(as)"], ["symmetric stretch", "ν(s)"],
      ["out-of-plane bend", "γ"], ["stretch", "ν"], ["bend", "δ"], ["torsion", "τ"]];
    for (const [word, mark] of words) {
      if (name.includes(` ${word}`)) return `${mark} ${name.split(` ${word}`)[0]}`;
    }
    return name.replace("frustrated ", "f. ");
  }

  const strength = (mode) => mode.intensity ?? 1;

  function draw(root, wide) {
    const left = data.infrared ? 56 : 16;
    const right = wide - 10;
    const x = kit.linear(window_, [left, right]);
    const systems = data.systems.map((system, k) => ({ ...system, k })).filter((s) => on[s.k]);
    const inside = (system) =>
      system.modes.filter((m) => m.frequency <= window_[0] && m.frequency >= window_[1]);
    const n = Math.max(300, 2 * Math.round(right - left));
    const grid = Array.from({ length: n }, (_, i) => window_[0] + (i * (window_[1] - window_[0])) / (n - 1));
    const peaks = systems.map((system) =>
      Math.max(0, ...inside(system).map((m) => heterodot.absorption(system.modes, m.frequency, width)))
    );
    const tallest = Math.max(...peaks, 1e-12);
    const most = Math.max(1e-12, ...systems.flatMap((s) => inside(s).map(strength)));
    const each = systems.length > 2 ? 120 : 160;
    let y0 = 4;
    for (const system of systems) {
      const colour = kit.colour(system.k);
      const g = svg(root, "g");
      const y = kit.linear([0, tallest], [y0 + 58 + each, y0 + 58]);
      const title = system.name + (system.flags.length ? " †" : "");
      const head = label(g, title, { x: left, y: y0 + 14, "font-weight": 600, "font-size": 12.5 });
      if (system.flags.length) svg(head, "title", { text: system.flags.join("\n") });
      const curve = grid.map((nu) => [x(nu), y(heterodot.absorption(system.modes, nu, width))]);
      svg(g, "path", { d: kit.path(curve), class: "hd-curve", style: { stroke: colour } });
      line(g, left, y(0), right, y(0), { class: "hd-axis" });
      if (data.infrared) kit.yAxis(g, y, left, null, { count: 3 });
      for (const mode of inside(system)) {
        // sticks below the curve: as tall as the integrated intensity, on one scale
        const top = y(0) - Math.max(3, 0.45 * each * (strength(mode) / most));
        const height = data.infrared ? top : y(0) - 0.12 * each;
        const stick = line(g, x(mode.frequency), y(0), x(mode.frequency), height, { class: "hd-stick" });
        const km = mode.intensity === null ? "" : `, ${number(mode.intensity, 1)} km/mol`;
        svg(stick, "title", { text: `${number(mode.frequency, 0)} cm⁻¹${km}: ${mode.name}` });
      }
      names(g, system, inside(system), x, y, y0 + 30);
      y0 += 58 + each + 8;
    }
    if (!systems.length) return 60;
    kit.xAxis(root, x, y0 - 8, "Wavenumber (cm⁻¹)");
    if (data.infrared) {
      label(root, "Absorption (km/mol per cm⁻¹)", {
        transform: `translate(14,${y0 / 2}) rotate(-90)`, "text-anchor": "middle",
      });
    }
    area = { x0: left, x1: right, y0: 34, y1: y0 - 8, scale: x, zoom, read };
    return y0 + 40;
  }

  // Names above the strongest bands, where there is room.
  function names(g, system, modes, x, y, highest) {
    const taken = [];
    const at = (mode) => heterodot.absorption(system.modes, mode.frequency, width);
    const known = new Map(); // degenerate modes share a name
    for (const mode of modes) {
      const text = `${number(mode.frequency, 0)} ${short(mode.name)}`;
      known.set(text, [...(known.get(text) || []), mode]);
    }
    const ordered = [...known].map(([text, alike]) => ({ text, alike, mode: alike[0] }));
    for (const one of ordered.sort((a, b) => at(b.mode) - at(a.mode))) {
      const mode = one.mode;
      const text = one.text + (one.alike.length > 1 ? ` (×${one.alike.length})` : "");
      const half = kit.widthOf(text, 10.5) / 2 + 3;
      const middle = Math.max(x.range[0] + half, Math.min(x.range[1] - half, x(mode.frequency)));
      let base = Math.max(highest, y(at(mode)) - 6);
      const under = modes.filter((m) => Math.abs(x(m.frequency) - middle) < half);
      base = Math.max(highest, Math.min(base, ...under.map((m) => y(at(m)) - 6)));
      const hit = () =>
        taken.some((t) => Math.abs(t.middle - middle) < t.half + half && Math.abs(t.base - base) < 12);
      for (let up = 0; hit() && up < 3; up++) base -= 12;
      if (hit() || base < highest - 14) continue;
      taken.push({ middle, half, base });
      label(g, text, {
        x: middle, y: base, "text-anchor": "middle", "font-size": 10.5, class: "hd-halo",
      });
    }
  }

  function read(nu) {
    const texts = data.systems.filter((_, k) => on[k]).map((system) => {
      if (!system.modes.length) return `${system.short}: no vibration`;
      const near = system.modes.reduce((a, b) =>
        Math.abs(b.frequency - nu) < Math.abs(a.frequency - nu) ? b : a
      );
      const km = near.intensity === null ? "" : `, ${number(near.intensity, 1)} km/mol`;
      return `${system.short ? system.short + ": " : ""}${number(near.frequency, 0)} cm⁻¹ ${near.name}${km}`;
    });
    return `${number(nu, 0)} cm⁻¹; nearest: ${texts.join("; ")}`;
  }

  function zoom(next) {
    window_ = next ? [next[1], next[0]] : whole();
    state.redraw();
  }

  function describe() {
    const texts = data.systems.map((system) => {
      const strong = [...system.modes].sort((a, b) => strength(b) - strength(a)).slice(0, 5);
      const list = strong.map((m) => `${number(m.frequency, 0)} ${m.name}`).join(", ");
      const lost = system.imaginary.length
        ? `; imaginary ${system.imaginary.map((nu) => number(-nu, 0)).join(", ")}`
        : "";
      return `${system.name}: ${list}${lost} cm⁻¹`;
    });
    return `${data.infrared ? "Strongest bands" : "Modes"}. ${texts.join(". ")}.`;
  }

  function table() {
    const rows = [["system", "wavenumber (cm-1)", "intensity (km/mol)", "assignment", "flags"]];
    for (const system of data.systems) {
      for (const mode of system.modes) {
        rows.push([system.name, mode.frequency, mode.intensity ?? "", mode.name,
          system.flags.join("; ")]);
      }
    }
    return rows;
  }

  const state = kit.frame(element, data, {
    draw, describe, table,
    help: "Drag to zoom, double click or Escape for the whole range; arrow keys read, + and − zoom.",
  });
  state.figure.classList.add("hd-zoomable");
  kit.slider(state, {
    name: "broadening", unit: "cm⁻¹", min: 2, max: 60, step: 1, value: width, digits: 0,
    oninput(value) {
      width = value;
      state.redraw();
    },
  });
  if (data.systems.length > 1) {
    data.systems.forEach((system, k) =>
      kit.toggle(state, {
        name: system.short, shade: k, on: on[k], title: `Show or hide ${system.name}`,
        onclick(now) {
          on[k] = now;
          state.redraw();
        },
      })
    );
  }
  kit.action(state, "Whole range", "Show the whole range again", () => zoom(null));
  kit.cursor(state, () => area);
  state.zoom = zoom;
  return kit.live(state);
};
