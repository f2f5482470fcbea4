/* What the page does beside its viewers and charts: theme, downloads. */
"use strict";

heterodot.save = function (name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

(function () {
  const root = document.documentElement, button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const told = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-pressed", String(isDark()));
    if (heterodot.stages) heterodot.stages.redraw();
  };
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; told(); });
  system.addEventListener("change", told);
  told();

  const charts = JSON.parse(document.getElementById("data-charts").textContent);
  function draw(place) {
    if (place.dataset.drawn) return;
    place.dataset.drawn = "yes";
    heterodot.draw(place, charts[place.dataset.chart]);
  }
  const places = [...document.querySelectorAll("[data-chart]")];
  const near = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target));
  }, { rootMargin: "400px" });
  places.forEach((place) => near.observe(place));
  document.querySelectorAll("table[data-name]").forEach((one) => heterodot.sortable(one, one.dataset.name));

  for (const one of document.querySelectorAll("[data-download]")) {
    const name = one.dataset.download;
    const file = document.querySelector(`template[data-file="${name}"]`);
    one.addEventListener("click", () => heterodot.save(name, file.content.textContent));
  }
  const all = document.querySelector("[data-all-structures]");
  if (all) {
    all.addEventListener("click", () => {
      const { structures } = heterodot.stages;
      heterodot.save("structures.xyz", Object.values(structures).map((one) => one.xyz).join(""));
    });
  }
  addEventListener("beforeprint", () => {
    places.forEach(draw);
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
  });
})();
