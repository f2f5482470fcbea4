// Tables that sort, copy and download. `heterodot.table(element, data)` builds one; an HTML table
// that is there already is given the same by `heterodot.sortable(table, name)`.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});

(function () {
  const DAGGER = "†";
  const MARKS = ".hd-dagger, .mark[title]"; // of tables made here, and of those that were there

  // What a cell is sorted by: its data-value, or the number its text begins with, or the text.
  function keyOf(cell) {
    const given = cell.dataset.value;
    const text = (given ?? cell.textContent).trim().replaceAll("\u2212", "-");
    if (!text || text === "–" || text === "—") return null;
    const number = text.match(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(?=$|[\s†±%])/i);
    return number ? Number(number[0]) : text.toLowerCase();
  }

  // Numbers before words, empty cells last whichever way.
  function compare(a, b, down) {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const kinds = [typeof a, typeof b];
    if (kinds[0] !== kinds[1]) return kinds[0] === "number" ? -1 : 1;
    const order = kinds[0] === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
    return down ? -order : order;
  }

  // What a file gets: the value without its mark, and a column of flags where any cell has one.
  function contents(table) {
    const rows = [...table.rows].map((row) => [...row.cells]);
    const written = rows.map((cells) =>
      cells.map((cell) => {
        if (cell.closest("thead")) return heading(table, cell.cellIndex);
        if (cell.dataset.value !== undefined) return numeric(cell.dataset.value);
        const copy = cell.cloneNode(true);
        copy.querySelectorAll(`.hd-sort, .hd-pad, ${MARKS}`).forEach((node) => node.remove());
        return numeric(copy.textContent.trim().replace(/†$/, ""));
      })
    );
    const flags = rows.map((cells) =>
      cells.flatMap((cell) =>
        [...cell.querySelectorAll(MARKS)].map(
          (mark) => `${heading(table, cell.cellIndex)}: ${mark.title}`
        )
      )
    );
    if (flags.some((one) => one.length)) {
      written.forEach((cells, i) =>
        cells.push(i < table.tHead.rows.length ? "flags" : flags[i].join("; "))
      );
    }
    return written;
  }

  function heading(table, index) {
    const cell = table.tHead.rows[table.tHead.rows.length - 1].cells[index];
    return cell.dataset.name || cell.textContent.replace(/[▲▼]/g, "").trim();
  }

  function numeric(text) {
    const plain = text.replaceAll("\u2212", "-");
    if (plain === "—" || plain === "–") return "";
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : plain;
  }

  function sort(table, index, down) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, place) => ({ row, place, key: keyOf(row.cells[index]) }));
    rows.sort((a, b) => compare(a.key, b.key, down) || a.place - b.place);
    body.append(...rows.map((one) => one.row));
    const head = table.tHead.rows[table.tHead.rows.length - 1];
    [...head.cells].forEach((cell, i) => {
      if (i === index) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
      const arrow = cell.querySelector(".hd-sort");
      if (arrow) arrow.textContent = i === index ? (down ? "▼" : "▲") : "";
    });
  }

  // Make the headings of a table buttons that sort it, and add copy and download below it.
  heterodot.sortable = function (table, name) {
    const kit = heterodot.kit;
    const head = table.tHead.rows[table.tHead.rows.length - 1];
    [...head.cells].forEach((cell, index) => {
      const title = cell.textContent.trim() ? "Sort" : "Sort by the name of the row";
      const own = kit.html("button", { type: "button", title });
      own.append(...cell.childNodes, kit.html("span", { class: "hd-sort", "aria-hidden": "true" }));
      cell.dataset.name = cell.dataset.name || own.textContent.trim();
      cell.setAttribute("scope", "col");
      cell.append(own);
      own.addEventListener("click", () =>
        sort(table, index, cell.getAttribute("aria-sort") === "ascending")
      );
    });
    const status = kit.html("span", { class: "hd-note", "aria-live": "polite" });
    const tsv = () => contents(table).map((row) => row.join("\t")).join("\n");
    const copy = kit.html("button", {
      type: "button", text: "Copy", title: "Copy the table for a spreadsheet",
      async onclick() {
        try {
          await navigator.clipboard.writeText(tsv());
          status.textContent = "copied";
        } catch (error) {
          // pages opened from a file may not reach the clipboard: the table is left selected
          getSelection().selectAllChildren(table);
          status.textContent = "selected: copy it with Ctrl+C";
        }
      },
    });
    const save = kit.html("button", {
      type: "button", text: "CSV", title: "Download the table as CSV",
      onclick: () => kit.save(`${name || "table"}.csv`, "text/csv", kit.csv(contents(table))),
    });
    const actions = kit.html("div", { class: "hd-actions" }, copy, save, status);
    (table.closest(".hd-scroll") || table).after(actions);
    const state = { table, tsv, csvText: () => kit.csv(contents(table)) };
    table.heterodot = state;
    return state;
  };

  // data: {title, name, columns: [{name, digits?}], rows: [[cell]]}; a cell is a number, a text,
  // null, or {value, text?, spread?, flags?}: flagged ones carry † with the sentences as its title.
  heterodot.table = function (element, data) {
    const kit = heterodot.kit;
    const table = kit.html("table");
    if (data.title) table.append(kit.rich(data.title, "caption"));
    const head = table.createTHead().insertRow();
    const known = data.rows.map((row) => row.map((cell) => asCell(cell)));
    const marked = data.columns.map((_, i) => known.some((row) => row[i].flags.length));
    const isNumber = data.columns.map((_, i) =>
      known.every((row) => row[i].value === null || typeof row[i].value === "number")
    );
    data.columns.forEach((column, i) => {
      const own = { "data-name": column.name, class: i && isNumber[i] ? "hd-number" : null };
      head.append(kit.rich(column.name, "th", own));
    });
    const body = table.createTBody();
    for (const cells of known) {
      const row = body.insertRow();
      cells.forEach((cell, i) => {
        const digits = data.columns[i].digits;
        const own = { scope: i ? null : "row", class: i && isNumber[i] ? "hd-number" : null };
        const node = kit.rich(written(kit, cell, digits), i ? "td" : "th", own);
        if (typeof cell.value === "number") node.dataset.value = cell.value;
        if (cell.flags.length) {
          const title = cell.flags.join("\n");
          const more = { class: "hd-dagger", tabindex: 0, role: "note", text: DAGGER, title };
          node.append(kit.html("span", { ...more, "aria-label": `flagged: ${title}` }));
        } else if (marked[i] && isNumber[i]) {
          node.append(kit.html("span", { class: "hd-pad", "aria-hidden": "true", text: DAGGER }));
        }
        row.append(node);
      });
    }
    const scroll = kit.html("div", { class: "hd-scroll" }, table);
    element.replaceChildren(kit.html("div", { class: "hd-table" }, scroll));
    return heterodot.sortable(table, data.name);
  };

  function asCell(cell) {
    if (cell !== null && typeof cell === "object") return { flags: [], ...cell };
    return { value: cell, flags: [] };
  }

  function written(kit, cell, digits) {
    if (cell.text !== undefined) return cell.text;
    if (cell.value === null || cell.value === undefined) return "—";
    if (typeof cell.value !== "number") return cell.value;
    const text = kit.number(cell.value, digits ?? 3);
    return cell.spread ? `${text} ± ${kit.number(cell.spread, digits ?? 3)}` : text;
  }
})();
