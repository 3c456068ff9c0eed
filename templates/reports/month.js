/* The month's report: sorting, filtering, charts, and one dealer's page. Text reaches the page as text only. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("charts").textContent);
  const t = data.words;
  const by = (id) => document.getElementById(id);
  const body = by("table").tBodies[0];
  const rows = [...body.rows];
  const fixed = (value) => value.toFixed(data.digits);

  /** An element with attributes and children; a child that is no element becomes text. */
  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }

  // ---------------------------------------------------------------- sorting

  const collator = new Intl.Collator("zh", { numeric: true });
  const heads = [...by("table").tHead.rows[0].cells];
  function sortBy(column, direction) {
    const numeric = heads[column].firstElementChild.dataset.kind === "number";
    const sign = direction === "ascending" ? 1 : -1;
    const value = (row) => (numeric ? row.cells[column].dataset.v : row.cells[column].textContent);
    const keyed = rows.map((row, place) => ({ row, place, value: value(row) }));
    keyed.sort((a, b) => {
      if (a.value === b.value) return a.place - b.place;
      if (a.value === "" || b.value === "") return a.value === "" ? 1 : -1; // nothing stands last, either way
      return sign * (numeric ? a.value - b.value : collator.compare(a.value, b.value)) || a.place - b.place;
    });
    const table = by("table");
    body.remove(); // moved apart from the page, thousands of rows are laid out once
    body.append(...keyed.map((one) => one.row));
    table.append(body);
    heads.forEach((head, place) => head.setAttribute("aria-sort", place === column ? direction : "none"));
  }
  heads.forEach((head, column) => {
    head.firstElementChild.addEventListener("click", () =>
      sortBy(column, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending"));
  });
  heads[0].setAttribute("aria-sort", "ascending"); // as it was written

  // ---------------------------------------------------------------- searching

  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const texts = rows.map((row) => plain([...row.cells].map((cell) => cell.textContent).join(" ")));
  const selects = [...document.querySelectorAll("#filters select")];
  function filter() {
    const wanted = plain(by("search").value).split(/\s+/).filter(Boolean);
    const chosen = selects.filter((select) => select.selectedIndex > 0);
    let count = 0;
    rows.forEach((row, place) => {
      const fits = wanted.every((word) => texts[place].includes(word))
        && chosen.every((select) => row.dataset[select.dataset.by] === select.value);
      row.hidden = !fits;
      count += fits;
    });
    by("shown").textContent = t.shown.replace("{shown}", count).replace("{all}", rows.length);
  }
  by("filters").addEventListener("input", filter);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("filters").addEventListener("reset", () => setTimeout(filter));
  filter();
  document.querySelectorAll("[data-filter]").forEach((button) => button.addEventListener("click", () => {
    const select = selects.find((one) => one.dataset.by === button.dataset.filter);
    by("filters").reset();
    select.value = button.dataset.value;
    filter();
    by("ranking").scrollIntoView();
    select.focus();
  }));
  document.querySelectorAll("details.who").forEach((details) => details.addEventListener("toggle", () => {
    const names = details.querySelector(".names");
    if (names.childElementCount) return;
    const places = details.dataset.rows.trim().split(" ");
    names.append(...places.map((place) => rows[place].querySelector("[data-open]").cloneNode(true)));
  }));

  // ---------------------------------------------------------------- charts

  const font = getComputedStyle(document.body).fontFamily;
  let drawn = [];
  const AXIS = { axisLine: { lineStyle: { color: "#6b7280" } }, axisLabel: { color: "#1f2937" } };
  const COLOURS = ["#1f5fa8", "#5b9a3c", "#d58a00", "#b3261e", "#6b4fa3", "#2a8c8c"];
  /** Draw into an element; `told` says in words what is drawn. Tooltips are drawn, not HTML, so no name can be markup. */
  function draw(where, told, option) {
    if (!where || !where.clientWidth && !where.closest("dialog")) return;
    const chart = echarts.init(where, null, { renderer: "svg", locale: data.locale });
    chart.setOption({
      color: COLOURS, textStyle: { fontFamily: font }, animation: false,
      aria: { enabled: true, label: { description: told }, decal: { show: true } }, ...option,
      tooltip: { renderMode: "richText", confine: true, ...option.tooltip },
    });
    where.setAttribute("role", "img");
    box(chart);
    drawn = [...drawn.filter((one) => !one.isDisposed()), chart];
  }
  /** With a view box the style sheet can fit the drawing to any paper, whatever the window's width. */
  function box(chart) {
    const svg = chart.getDom().querySelector("svg");
    svg.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
  }
  const captionOf = (where) => where.closest("figure").querySelector("figcaption").textContent;
  function bands(where) {
    const label = (band) => `${+band.low.toFixed(2)}–${+band.high.toFixed(2)}`;
    const sum = (band) => Object.values(band.grades).reduce((a, b) => a + b, 0);
    const labels = data.bands.map(label);
    const shown = data.grades.filter((grade) => data.bands.some((band) => band.grades[grade]));
    draw(where, `${captionOf(where)}: ${data.bands.map((band) => `${label(band)} ${sum(band)}`).join(", ")}`, {
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
      legend: { show: shown.length > 1, top: 0 },
      grid: { left: 8, right: 12, top: 34, bottom: 4, containLabel: true },
      xAxis: { type: "category", data: labels, ...AXIS },
      yAxis: { type: "value", minInterval: 1, name: t.count, ...AXIS },
      series: shown.map((grade) => ({
        name: grade || t.none, type: "bar", stack: "all", barCategoryGap: "12%",
        data: data.bands.map((band) => band.grades[grade] || 0),
      })),
    });
  }
  function items(where) {
    const listed = [...data.items].reverse();
    const percent = (value) => `${(value * 100).toFixed(1)}%`;
    draw(where, `${captionOf(where)}: ${data.items.map(([name, value]) => `${name} ${percent(value)}`).join(", ")}`, {
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: percent },
      grid: { left: 8, right: 52, top: 8, bottom: 4, containLabel: true },
      xAxis: { type: "value", max: 1, ...AXIS, axisLabel: { ...AXIS.axisLabel, formatter: (value) => `${Math.round(value * 100)}%` } },
      yAxis: { type: "category", data: listed.map(([name]) => name), ...AXIS },
      series: [{ name: t.item_rate, type: "bar", data: listed.map(([, value]) => value), barCategoryGap: "30%",
        label: { show: true, position: "right", color: "#1f2937", formatter: (one) => percent(one.value) } }],
    });
  }
  function spread(part) {
    const where = by(`chart-${part}`), listed = data.spreads[part];
    if (!where || !listed.length) return;
    const words = [t.lowest, t.lower_quartile, t.median, t.upper_quartile, t.highest];
    const told = listed.map(([name, five]) => `${name} ${five.map(fixed).join(" / ")}`).join("; ");
    draw(where, `${captionOf(where)}: ${told}`, {
      tooltip: { trigger: "item", formatter: (one) =>
        [one.name, ...words.map((word, place) => `${word} ${fixed(listed[one.dataIndex][1][place])}`)].join("\n") },
      grid: { left: 8, right: 12, top: 34, bottom: 4, containLabel: true },
      xAxis: { type: "category", data: listed.map(([name]) => name), ...AXIS,
        axisLabel: { ...AXIS.axisLabel, interval: 0, rotate: listed.length > 14 ? 40 : 0, width: 90, overflow: "truncate" } },
      yAxis: { type: "value", scale: true, name: t.total, ...AXIS },
      series: [{ type: "boxplot", data: listed.map(([, five]) => five), boxWidth: [8, 34],
        itemStyle: { color: "#dbe7f6", borderColor: "#1f3864", borderWidth: 1.5 } }],
    });
  }
  function line(where, told, months, values) {
    draw(where, `${told}: ${months.map((month, place) => `${month} ${values[place] ?? "—"}`).join(", ")}`, {
      tooltip: { trigger: "axis" },
      grid: { left: 8, right: 24, top: 30, bottom: 4, containLabel: true },
      xAxis: { type: "category", data: months, ...AXIS },
      yAxis: { type: "value", scale: true, ...AXIS },
      series: [{ name: told, type: "line", data: values, symbolSize: 8, lineStyle: { width: 2.5 },
        label: { show: true, color: "#1f2937", formatter: (one) => fixed(one.value) } }],
    });
  }
  bands(by("chart-bands"));
  items(by("chart-items"));
  spread("region");
  spread("peer_group");
  if (by("chart-means")) {
    const [months, means] = [data.means.map((one) => one[0]), data.means.map((one) => +fixed(one[1]))];
    line(by("chart-means"), captionOf(by("chart-means")), months, means);
  }
  addEventListener("resize", () => {
    if (matchMedia("print").matches) return; // on paper the style sheet fits them
    drawn.filter((chart) => !chart.isDisposed()).forEach((chart) => {
      chart.resize();
      box(chart);
    });
  });

  // ---------------------------------------------------------------- one dealer

  const dialog = by("dealer"), sheet = by("sheet");
  let lines = null, shared = null, open = null, came = null;
  async function unpack() {
    const bytes = Uint8Array.from(atob(by("details").textContent.trim()), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    lines = (await new Response(stream).text()).split("\n");
    shared = JSON.parse(lines[0]);
  }
  const undraw = (where) => echarts.getInstanceByDom(where)?.dispose();
  async function show(row) {
    if (!window.DecompressionStream) {
      sheet.replaceChildren(el("p", { class: "warn", id: "dealer-name" }, t.too_old));
    } else {
      if (!lines) await unpack();
      sheet.querySelectorAll("[data-draw]").forEach(undraw);
      sheet.replaceChildren(...pageOf(JSON.parse(lines[rows.indexOf(row) + 1])));
    }
    open = row;
    document.body.classList.add("dealer");
    if (!dialog.open) dialog.showModal();
    sheet.querySelectorAll("[data-draw]").forEach((where) => where.drawIt());
    by("previous").disabled = !beside(-1);
    by("next").disabled = !beside(1);
    sheet.focus({ preventScroll: true });
    dialog.scrollTop = 0;
  }
  function beside(step) {
    const visible = [...body.rows].filter((row) => !row.hidden);
    return visible[visible.indexOf(open) + step];
  }
  function follow() {
    // compared as they are written: what somebody typed into the address may be no encoding at all
    const row = rows.find((one) => location.hash === address(one));
    if (row) show(row);
    else if (dialog.open) dialog.close();
  }
  const address = (row) => row.querySelector("[data-open]").hash; // one spelling, the link's own
  const go = (row) => row && (location.hash = address(row));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    if (!link) return;
    event.preventDefault();
    came = link;
    const row = rows.find((one) => one.dataset.key === link.dataset.open);
    if (location.hash === address(row)) show(row);
    else go(row);
  });
  by("previous").addEventListener("click", () => go(beside(-1)));
  by("next").addEventListener("click", () => go(beside(1)));
  by("close").addEventListener("click", () => dialog.close());
  by("print").addEventListener("click", () => print());
  by("print-dealer").addEventListener("click", () => print());
  dialog.addEventListener("keydown", (event) => {
    if (event.target.matches("select, input")) return;
    if (event.key === "ArrowLeft") go(beside(-1));
    if (event.key === "ArrowRight") go(beside(1));
  });
  dialog.addEventListener("close", () => {
    document.body.classList.remove("dealer");
    history.replaceState(null, "", location.pathname + location.search);
    (came && came.isConnected ? came : open.querySelector("[data-open]")).focus();
    came = null;
  });
  addEventListener("hashchange", follow);

  const th = (text, numeric) => el("th", numeric ? { scope: "col", class: "n" } : { scope: "col" }, text);
  const td = (text, numeric) => el("td", numeric ? { class: "n" } : {}, text);
  const table = (heads, lines) => el("table", { class: "plain" },
    el("thead", {}, el("tr", {}, heads.map(([text, numeric]) => th(text, numeric)))), el("tbody", {}, lines));
  const mark = (kind, text) => el("span", { class: `mark ${kind}` }, text);
  const list = (texts) => el("ul", {}, texts.map((text) => el("li", {}, text)));

  function pageOf(one) {
    return [
      el("h2", { id: "dealer-name" }, one.name),
      facts(one),
      one.groups.length ? el("h3", {}, t.items) : null,
      one.groups.length ? itemsOf(one) : null,
      one.account.length ? accountOf(one) : null,
      ...trendOf(one),
      ...diagnosesOf(one),
      ...findingsOf(one),
      ...indicatorsOf(one),
    ].filter(Boolean);
  }
  function facts(one) {
    const total = one.total && one.ceiling ? `${one.total} ~ ${one.ceiling}` : one.total;
    const shown = [
      [t.total, total, "big"], [t.rank, one.rank, "big"], [t.grade, one.grade], [t.status, one.vetoed ? mark("veto", `✕ ${one.state}`) : one.state], [t.before_veto, one.before],
      [t.code, one.code], [t.region, one.region], [t.peer_group, one.group], [t.file, one.file], [t.made_of, one.made_of],
    ];
    const told = shown.filter(([, text]) => text !== "" && text !== null).map(([label, text, size]) =>
      el("div", {}, el("dt", {}, label), el("dd", size ? { class: size } : {}, text instanceof Node ? text : String(text))));
    return el("dl", { class: "facts" }, told);
  }
  function itemsOf(one) {
    const lines = [];
    for (const group of one.groups) {
      lines.push(el("tr", { class: "group" }, el("th", { scope: "rowgroup", colspan: 5 }, group.name, group.vetoed ? mark("veto", `✕ ${t.veto}`) : null),
        td(group.points, true), td(group.score, true)));
      for (const item of group.items) lines.push(...itemOf(item));
    }
    return table([[t.item], [t.target, true], [t.actual, true], [t.completion, true], [t.status], [t.points, true], [t.score, true]], lines);
  }
  function accountOf(one) {
    const lines = one.account.map(([whose, step, told, points]) =>
      el("tr", {}, el("th", { scope: "row" }, whose), el("td", {}, step), el("td", {}, told), td(points, true)));
    lines.push(el("tr", { class: "group" }, el("th", { scope: "row", colspan: 3 }, t.total), td(one.total, true)));
    return el("details", {}, el("summary", {}, t.account), table([[t.item], [t.step], [t.clause], [t.points, true]], lines));
  }
  function itemOf(item) {
    const told = shared.items[item.id] || { name: item.id, standard: [] };
    const unit = (text) => (/\d/.test(text) && item.unit ? `${text} ${item.unit}` : text);
    const meter = item.earned === null ? null : el("span", { class: "meter", "aria-hidden": "true" },
      el("i", { style: `width:${Math.max(0, Math.min(1, item.earned)) * 100}%` }));
    const score = item.ceiling ? `${item.score} ~ ${item.ceiling}` : item.score;
    return [
      el("tr", { class: "item" }, el("th", { scope: "row" }, told.name, item.bonus ? mark("notice", t.bonus) : null), td(unit(item.target), true), td(unit(item.actual), true),
        td(item.completion, true), el("td", {}, item.status, item.vetoed ? mark("veto", `✕ ${t.veto}`) : null),
        td(item.points, true), el("td", { class: "n" }, meter, score)),
      el("tr", { class: "trace" }, el("td", { colspan: 7 },
        item.fired.map(([clause, inspection, scope, lost]) => el("div", { class: "fired" },
          `${scope ? `${t.veto} (${scope})` : t.deduction}${lost ? ` ${lost}` : ""} · ${clause} · ${t.inspection} ${inspection}`)),
        el("div", {}, `${t.calculation} `, el("span", { lang: "zh", class: "told" }, item.trace)),
        told.standard.length ? el("details", {}, el("summary", {}, t.clause), list(told.standard)) : null)),
    ];
  }
  function trendOf(one) {
    if (!one.months.length) return [];
    const months = one.months.map((past) => past.month);
    const ids = Object.keys(shared.items).filter((id) => one.months.some((past) => id in past.items));
    const choice = el("select", {}, el("option", { value: "" }, t.total), ids.map((id) => el("option", { value: id }, shared.items[id].name)));
    const place = el("div", { class: "chart low", "data-draw": "" });
    place.drawIt = () => {
      undraw(place);
      const values = one.months.map((past) => (choice.value ? past.items[choice.value] : past.total) ?? null);
      line(place, choice.selectedOptions[0].textContent, months, values.map((value) => (value === null ? null : +fixed(value))));
    };
    choice.addEventListener("change", place.drawIt);
    const shownTotal = (past) => (past.total === null || past.total === undefined ? "—" : fixed(past.total));
    return [
      el("h3", {}, t.trend),
      el("p", { class: "screen" }, el("label", {}, `${t.show_trend} `, choice)),
      el("figure", {}, el("figcaption", { class: "hidden" }, t.trend), place),
      table([[t.month], [t.total, true], [t.rank, true], [t.grade]], one.months.map((past) =>
        el("tr", {}, td(past.month), td(shownTotal(past), true), td(String(past.rank ?? "—"), true), td(past.grade)))),
    ];
  }
  function diagnosesOf(one) {
    if (!one.diagnoses.length) return [];
    return [el("h3", {}, t.diagnoses), table([[t.problem], [t.indicator], [t.stake, true], [t.causes], [t.measures]],
      one.diagnoses.map(([number, stake]) => {
        const told = shared.diagnoses[number];
        return el("tr", {}, el("th", { scope: "row" }, told.problem), td(told.indicator), td(stake, true),
          el("td", {}, list(told.causes)), el("td", {}, list(told.measures)));
      }))];
  }
  function findingsOf(one) {
    if (!one.findings.length) return [];
    return [el("h3", {}, t.findings), table([[t.severity], [t.code], [t.place], [t.message], [t.remedy]],
      one.findings.map(([severity, code, place, message, remedy]) =>
        el("tr", {}, el("td", {}, mark(severity, t[severity])), td(code), td(place), td(message), td(remedy))))];
  }
  function indicatorsOf(one) {
    if (!one.indicators.length) return [];
    const lines = [];
    let system = "";
    one.indicators.forEach(([value, judged], place) => {
      const told = shared.indicators[place];
      if (told.system !== system) lines.push(el("tr", { class: "band" }, el("th", { scope: "rowgroup", colspan: 4 }, told.system)));
      system = told.system;
      const text = /\d/.test(value) && told.unit ? `${value} ${told.unit}` : value;
      lines.push(el("tr", {}, el("th", { scope: "row" }, told.id ? el("span", { class: "id" }, `${told.id} `) : null, told.name), td(text, true),
        td(told.guide), el("td", judged && judged !== t.on_guide ? { class: "off" } : {}, judged)));
    });
    return [el("h3", {}, t.indicators), table([[t.indicator], [t.value, true], [t.guide], [t.judgement]], lines)];
  }

  follow();
})();
