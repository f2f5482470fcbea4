// Free-energy diagram: potential, pH and temperature move the levels.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

heterodot.charts.free_energy = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const start = { U: data.U, pH: data.pH, T: data.T, scale: data.scale };
  const at = { ...start };
  const shown = data.systems.map((_, k) => k < 8);
  const PLATEAU = 0.34; // half of it; states are one apart
  const SIZE = 11.5;

  const found = () => data.systems.map((system) => heterodot.thermo.pathway(system, data, at));
  const mark = (flags) => (flags.length ? "†" : "");
  const stepName = (system, change) =>
    `${system.steps[change.index].label} → ${system.steps[change.index + 1].label}`;
  const pm = (spread) => (spread ? ` ± ${number(spread)}` : "");

  function conditions() {
    const acid = at.scale === "SHE" ? `, pH ${number(at.pH, 1)}` : "";
    return `U = ${number(at.U)} V vs ${at.scale}${acid}, T = ${number(at.T, at.T % 1 ? 2 : 0)} K`;
  }

  function limits(system, path) {
    if (!path.limiting) return "";
    const parts = [`U_L ${number(path.U_L)}${pm(path.U_L_spread)} V${mark(path.limiting_flags)}`];
    if (path.eta !== null) {
      parts.push(`η ${number(path.eta)}${pm(path.eta_spread)} V${mark(path.eta_flags)}`);
    }
    return `${parts.join(" · ")} · ${stepName(system, path.limiting)}`;
  }

  function describe() {
    const texts = found().map((path, k) => {
      const system = data.systems[k];
      const levels = system.steps.map(
        (step, i) => `${step.label} ${number(path.levels[i])}${path.flags[i].length ? " flagged" : ""}`
      );
      const limit = path.limiting
        ? ` Limiting step ${stepName(system, path.limiting)}, limiting potential ` +
          `${number(path.U_L)} V${path.limiting_flags.length ? ", flagged" : ""}.`
        : "";
      return `${system.name}: ${levels.join(", ")} eV.${limit}`;
    });
    return `At ${conditions()}. ${texts.join(" ")}`;
  }

  function table() {
    const rows = [["system", "state", "pairs", "G (eV)", "spread (eV)", "flags", "U (V)", "scale",
      "pH", "T (K)"]];
    found().forEach((path, k) =>
      data.systems[k].steps.forEach((step, i) =>
        rows.push([data.systems[k].name, step.label, step.pairs, path.levels[i],
          path.members.length ? path.spreads[i] : "", path.flags[i].join("; "), at.U, at.scale,
          at.pH, at.T])
      )
    );
    return rows;
  }

  // Ends of the axis, rounded so that it does not jump with every step of a slider.
  function bounds(paths) {
    let [low, high] = [0, 0];
    paths.forEach((path, k) => {
      if (!shown[k]) return;
      path.levels.forEach((level, i) => {
        low = Math.min(low, level - path.spreads[i]);
        high = Math.max(high, level + path.spreads[i]);
      });
    });
    const step = high - low > 3 ? 1 : 0.5;
    return [Math.floor((low - 0.08) / step) * step, Math.ceil((high + 0.12) / step) * step];
  }

  function draw(root, width) {
    const paths = found();
    const visible = paths.map((_, k) => k).filter((k) => shown[k]);
    const n = data.systems[0].steps.length;
    const left = 52;
    const wide = Math.max(width, left + 8 + n * 54);
    root.dataset.width = wide;
    const height = Math.max(300, Math.min(430, wide * 0.55));
    const foot = height - 46;
    const x = kit.linear([-0.5, n - 0.5], [left, wide - 6]);
    const [low, high] = bounds(paths);
    let top = 18;
    let y = kit.linear([low, high], [foot, top]);
    // Labels stacked above the highest plateau want room: the scale gives it.
    for (let round = 0; round < 3; round++) {
      const need = Math.min(...labels(paths, visible, y).map((one) => one.y - SIZE));
      if (need >= 18) break;
      top += 18 - need;
      y = kit.linear([low, high], [foot, top]);
    }
    kit.yAxis(root, y, left, "Free energy (eV)", { titleX: 14 });
    line(root, left, y(0), wide - 6, y(0), { class: "hd-zero" });
    names(root, x, foot, wide);
    for (const k of visible) band(root, paths[k], k, x, y);
    for (const k of visible) drawPath(root, paths[k], k, x, y);
    shared(root, paths, visible, x, y);
    for (const one of labels(paths, visible, y)) {
      label(root, one.text, {
        x: x(one.state), y: one.y, "text-anchor": "middle", "font-size": SIZE, class: "hd-halo",
        style: { fill: one.shade },
      });
    }
    direct(root, paths, visible, x, y);
    return height;
  }

  function names(root, x, foot, wide) {
    const room = (wide - 52) / data.systems[0].steps.length;
    data.systems[0].steps.forEach((_, i) => {
      const all = [...new Set(data.systems.map((system) => system.steps[i].label))];
      all.forEach((name, row) => {
        const size = Math.max(9.5, Math.min(12, (12 * (room - 4)) / kit.widthOf(name)));
        const place = { x: x(i), y: foot + 20 + 14 * row, "text-anchor": "middle", "font-size": size };
        label(root, name, place);
      });
    });
  }

  function band(root, path, k, x, y) {
    if (!path.members.length) return;
    const upper = [];
    const lower = [];
    path.levels.forEach((level, i) => {
      for (const side of [-PLATEAU, PLATEAU]) {
        upper.push([x(i + side), y(level + path.spreads[i])]);
        lower.unshift([x(i + side), y(level - path.spreads[i])]);
      }
    });
    svg(root, "path", { d: kit.path([...upper, ...lower]) + "Z", class: "hd-band",
      style: { fill: kit.colour(k) } });
  }

  function drawPath(root, path, k, x, y) {
    const system = data.systems[k];
    const shade = { stroke: kit.colour(k) };
    path.changes.forEach((change) => {
      const i = change.index;
      const bold = path.limiting && path.limiting.index === i;
      const flagged = system.change_flags[i].length;
      const leg = line(root, x(i + PLATEAU), y(path.levels[i]), x(i + 1 - PLATEAU),
        y(path.levels[i + 1]), {
          class: bold ? "hd-leg hd-limiting" : "hd-leg",
          "stroke-dasharray": flagged ? (bold ? "7 4" : "4 3") : null, style: shade,
        });
      const says = `${system.name}: ${stepName(system, change)}, ΔG = ${number(change.delta)} eV`;
      svg(leg, "title", { text: [says, ...system.change_flags[i]].join("\n") });
    });
    path.levels.forEach((level, i) => {
      const flagged = path.flags[i].length;
      const plateau = line(root, x(i - PLATEAU), y(level), x(i + PLATEAU), y(level), {
        class: "hd-plateau", "stroke-dasharray": flagged ? "7 3" : null, style: shade,
      });
      const says = `${system.name}: ${system.steps[i].label}, G = ${number(level)} eV`;
      svg(plateau, "title", { text: [says, ...path.flags[i]].join("\n") });
    });
  }

  // Where all systems agree, as at a gas, one grey plateau.
  function agree(paths, visible, i) {
    const levels = visible.map((k) => paths[k].levels[i]);
    const flagged = new Set(visible.map((k) => paths[k].flags[i].length > 0));
    const same = Math.max(...levels) - Math.min(...levels) < 1e-6;
    return visible.length > 1 && same && flagged.size === 1;
  }

  function shared(root, paths, visible, x, y) {
    for (let i = 0; i < data.systems[0].steps.length; i++) {
      if (!agree(paths, visible, i)) continue;
      const first = paths[visible[0]];
      line(root, x(i - PLATEAU), y(first.levels[i]), x(i + PLATEAU), y(first.levels[i]), {
        class: "hd-plateau hd-common", "stroke-dasharray": first.flags[i].length ? "7 3" : null,
      });
    }
  }

  function labels(paths, visible, y) {
    const made = [];
    for (let i = 1; i < data.systems[0].steps.length; i++) {
      const text = (k) => number(paths[k].levels[i]) + mark(paths[k].flags[i]);
      if (!visible.length) break;
      if (agree(paths, visible, i)) {
        const k = visible[0];
        made.push({ state: i, y: y(paths[k].levels[i]) - 6, text: text(k), shade: "var(--hd-ink)" });
        continue;
      }
      const places = kit.stack(visible.map((k) => y(paths[k].levels[i])), SIZE + 2, 6);
      visible.forEach((k, rank) =>
        made.push({ state: i, y: places[rank], text: text(k), shade: kit.colour(k, true) })
      );
    }
    return made;
  }

  // The name of each system once, at the plateau that stands most alone: below it, or above its
  // number.
  function direct(root, paths, visible, x, y) {
    if (visible.length < 2 || visible.length > 5) return;
    const room = x(1) - x(0) - 4;
    const taken = labels(paths, visible, y).map((one) => ({ state: one.state, y: one.y }));
    const clear = (i, at) =>
      at > 11 && at < y.range[0] - 2 &&
      taken.every((one) => one.state !== i || Math.abs(one.y - at) > 12) &&
      visible.every((k) => Math.abs(y(paths[k].levels[i]) - at + 4) > 8);
    for (const k of visible) {
      const name = data.systems[k].short;
      const size = Math.min(11, (11 * room) / kit.widthOf(name, 11));
      let best = null;
      paths[k].levels.forEach((level, i) => {
        const others = visible.filter((j) => j !== k);
        const alone = Math.min(...others.map((j) => Math.abs(y(paths[j].levels[i]) - y(level))));
        if (!i || alone < 12) return;
        for (const at of [y(level) + 15, y(level) - 6 - SIZE - 2]) {
          if (clear(i, at) && (!best || alone > best.alone)) best = { i, at, alone };
        }
      });
      if (!best || size < 9) continue;
      taken.push({ state: best.i, y: best.at });
      label(root, name, {
        x: x(best.i), y: best.at, "text-anchor": "middle", "font-size": size,
        class: "hd-halo", style: { fill: kit.colour(k, true) },
      });
    }
  }

  function key() {
    const paths = found();
    const systems = data.systems.map((system, k) => ({
      text: `${system.name}  ${limits(system, paths[k])}`.trim(), colour: kit.colour(k),
    }));
    return [{ text: conditions() }, ...systems.filter((_, k) => shown[k])];
  }

  const state = kit.frame(element, data, { draw, describe, table, key });
  const entries = data.systems.map((system, k) =>
    kit.toggle(state, {
      name: system.name, shade: k, on: shown[k],
      title: `Show or hide ${system.name}`,
      onclick(on) {
        shown[k] = on;
        state.redraw();
      },
    })
  );

  function update() {
    state.redraw();
    const paths = found();
    entries.forEach((entry, k) => entry.say(limits(data.systems[k], paths[k])));
    const worst = paths.map((path, k) => {
      const up = path.changes.reduce((a, b) => (b.delta > a.delta ? b : a));
      const says = up.delta > 0.005
        ? `steepest ${stepName(data.systems[k], up)} ${up.delta > 0 ? "+" : ""}${number(up.delta)}` +
          ` eV${mark(data.systems[k].change_flags[up.index])}`
        : "downhill throughout";
      return shown[k] ? `${data.systems[k].short}: ${says}` : "";
    });
    const equilibrium = paths.find((path, k) => shown[k] && path.U_eq !== null);
    const eq = equilibrium
      ? ` Overall reaction in equilibrium at U_eq = ${number(equilibrium.U_eq)} V` +
        (equilibrium.measured === null ? "." : ` (measured ${number(equilibrium.measured)} V).`)
      : "";
    const text = `${conditions()}. ${worst.filter(Boolean).join("; ")}.${eq}`;
    state.readout.replaceChildren(kit.rich(text));
  }

  const [low, high] = data.ranges.U;
  const U = kit.slider(state, {
    name: "U", unit: `V vs ${at.scale}`, min: low, max: high, step: 0.01, value: at.U, digits: 2,
    oninput(value) {
      at.U = value;
      update();
    },
  });
  const unit = () => {
    U.unit(`V vs ${at.scale}`);
    U.input.min = at.scale === "SHE" ? low - 1 : low; // SHE lies up to 0.83 V above RHE at 298 K
    pH.disable(at.scale === "RHE" ? "moves nothing against RHE" : "");
  };
  const pH = kit.slider(state, {
    name: "pH", unit: "", min: 0, max: 14, step: 0.1, value: at.pH, digits: 1,
    oninput(value) {
      at.pH = value;
      update();
    },
  });
  const T = kit.slider(state, {
    name: "T", unit: "K", min: data.ranges.T ? data.ranges.T[0] : data.T - 1,
    max: data.ranges.T ? data.ranges.T[1] : data.T + 1, step: "any", value: at.T, digits: 0,
    note: data.ranges.T ? "" : data.fixed_T,
    oninput(value) {
      at.T = Math.abs(value - data.T) < 2 ? data.T : Math.round(value);
      update();
    },
  });
  const scale = kit.choice(state, {
    name: "against", options: [["RHE", "RHE"], ["SHE", "SHE"]], value: at.scale,
    onchange(value) {
      // the electrode keeps its potential, which is expressed on the new scale
      at.U += heterodot.thermo.nernst(at, data.constants) * (value === "RHE" ? 1 : -1);
      at.scale = value;
      set({});
    },
  });

  // Put the chart at other conditions; what is not named stays.
  function set(next) {
    Object.assign(at, next);
    U.set(at.U);
    pH.set(at.pH);
    T.set(at.T);
    scale.value = at.scale;
    unit();
    update();
  }
  kit.action(state, "As calculated", "Back to the conditions of the calculation", () => set(start));
  set({});
  state.set = set;
  state.found = found;
  return kit.live(state);
};
