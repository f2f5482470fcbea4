/* A structure in three dimensions, for one cell of a notebook. `heterodotView(data)` draws into the
   page it stands in; 3Dmol.js is there already. All text goes in as text, never as HTML. */
"use strict";
function heterodotView(data) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const stage = document.getElementById("stage"), facts = document.getElementById("facts");
  const viewer = $3Dmol.createViewer(stage, { backgroundColor: dark ? "#1b1b1b" : "#ffffff" });
  const state = { frame: 0, isovalue: data.field ? data.field.isovalue : 0 };

  function place(frame, i) {
    const p = frame.positions;
    return { x: p[3 * i], y: p[3 * i + 1], z: p[3 * i + 2] };
  }

  function said(frame, i) {
    const words = [`${frame.symbols[i]}${i}`, `coordination ${frame.coordination[i]}`];
    if (i === frame.site) words.push("site");
    if (frame.adsorbate.includes(i)) words.push("adsorbate");
    if (frame.fixed.includes(i)) words.push("held fixed");
    const p = place(frame, i);
    words.push(`(${p.x.toFixed(2)}, ${p.y.toFixed(2)}, ${p.z.toFixed(2)}) Å`);
    return words.join(" · ");
  }

  function drawAtoms(frame) {
    const bonds = frame.symbols.map(() => []), held = new Set(frame.fixed);
    for (let n = 0; n < frame.bonds.length; n += 2) {
      bonds[frame.bonds[n]].push(frame.bonds[n + 1]);
      bonds[frame.bonds[n + 1]].push(frame.bonds[n]);
    }
    const fade = held.size < frame.symbols.length;
    const model = viewer.addModel();
    model.addAtoms(frame.symbols.map((elem, i) => ({
      elem, index: i, serial: i, ...place(frame, i),
      bonds: bonds[i], bondOrder: bonds[i].map(() => 1), properties: {},
    })));
    frame.symbols.forEach((elem, i) => {
      const { colour, radius } = data.elements[elem];
      const size = frame.adsorbate.includes(i) ? 1.3 * radius : radius;
      const opacity = fade && held.has(i) ? 0.55 : 1;
      model.setStyle({ index: i }, {
        sphere: { radius: size, color: colour, opacity },
        stick: { radius: 0.12, color: colour, opacity },
      });
    });
    model.setClickable({}, true, (atom) => { facts.textContent = said(frame, atom.index); });
  }

  function drawMarks(frame) {
    if (frame.site !== null) {
      const radius = data.elements[frame.symbols[frame.site]].radius + 0.3;
      viewer.addSphere({ center: place(frame, frame.site), radius, color: "#e69f00", opacity: 0.35 });
    }
    for (const [x, y, z] of frame.vacancies) {
      viewer.addSphere({ center: { x, y, z }, radius: 0.7, color: "#d55e00", wireframe: true });
    }
    if (frame.cell) {
      const sum = (...vectors) => vectors.reduce((a, b) => a.map((v, k) => v + b[k]), [0, 0, 0]);
      const [a, b, c] = frame.cell, point = ([x, y, z]) => ({ x, y, z });
      for (const [v, w, u] of [[a, b, c], [b, a, c], [c, a, b]]) {
        for (const from of [[0, 0, 0], w, u, sum(w, u)]) {
          viewer.addLine({ start: point(from), end: point(sum(from, v)), color: "#888888" });
        }
      }
    }
  }

  function drawField() {
    if (!data.field) return;
    const volume = new $3Dmol.VolumeData(data.field.cube, "cube");
    viewer.addIsosurface(volume, {
      isoval: state.isovalue, color: "#0072b2", opacity: 0.6, smoothness: 4 });
    if (data.field.signed) {
      viewer.addIsosurface(volume, {
        isoval: -state.isovalue, color: "#d55e00", opacity: 0.6, smoothness: 4 });
    }
  }

  function draw(first) {
    const frame = data.frames[state.frame];
    viewer.removeAllModels();
    viewer.removeAllShapes();
    drawAtoms(frame);
    drawMarks(frame);
    drawField();
    facts.textContent = `${frame.formula} — drag to turn, scroll to zoom, click an atom`;
    if (first) {
      viewer.zoomTo();
      viewer.rotate(-70, "x");
      viewer.rotate(20, "y");
    }
    viewer.render();
  }

  const controls = document.getElementById("controls");
  function control(kind, label, attributes, changed) {
    const made = document.createElement(kind), around = document.createElement("label");
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    const text = document.createElement("span");
    text.textContent = label;
    around.append(text, made);
    made.addEventListener("input", () => changed(made, text));
    controls.append(around);
    return made;
  }

  if (data.frames.length > 1 && data.named) {
    const choice = control("select", "", { "aria-label": "structure" }, (it) => {
      state.frame = Number(it.value);
      draw(true);
    });
    data.frames.forEach((frame, n) => choice.add(new Option(frame.name, n)));
  } else if (data.frames.length > 1) {
    const last = data.frames.length - 1;
    control("input", `frame 1 of ${last + 1} `, { type: "range", min: 0, max: last, value: 0 },
      (it, text) => {
        state.frame = Number(it.value);
        text.textContent = `frame ${state.frame + 1} of ${last + 1} `;
        draw(false);
      });
  }
  if (data.field) {
    const { isovalue, largest, unit } = data.field;
    const low = Math.log10(largest) - 4, high = Math.log10(largest) - 0.02;
    const shown = () => `±${state.isovalue.toPrecision(2)} ${unit} `;
    const label = (text) => (data.field.signed ? text : text.slice(1));
    control("input", label(shown()), {
      type: "range", min: low, max: high, step: 0.01, value: Math.log10(isovalue),
    }, (it, text) => {
      state.isovalue = 10 ** Number(it.value);
      text.textContent = label(shown());
      draw(false);
    });
  }
  draw(true);
  document.body.dataset.drawn = "yes";
}
