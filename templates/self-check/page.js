"use strict";
(() => {
  const GIVE_UP = 90; // seconds for one file
  const state = document.getElementById("state");
  const drop = document.getElementById("drop");
  const input = document.getElementById("file");
  const results = document.getElementById("results");

  // every text goes in as text: what stands in a workbook never becomes part of the page
  const make = (tag, attributes = {}, ...inside) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...inside);
    return node;
  };
  const points = (number) => (typeof number === "number" ? String(Math.round(number * 100) / 100) : number);

  const bytesOf = (part) => {
    const text = atob(part.textContent);
    const bytes = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
    return bytes;
  };

  let worker;
  let waiting; // who waits for the worker's answer
  const began = () => {
    const source = document.getElementById("worker").textContent;
    worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => waiting(data);
    worker.onerror = (event) => waiting({ failed: event.message || "worker" });
    const packed = {};
    for (const part of document.querySelectorAll("[data-part]")) packed[part.dataset.part] = bytesOf(part);
    return asked({ packed }, GIVE_UP);
  };
  const asked = (message, seconds) =>
    new Promise((resolve) => {
      const clock = setTimeout(() => {
        worker.terminate();
        worker = null;
        resolve({ late: true });
      }, seconds * 1000);
      waiting = (answer) => {
        clearTimeout(clock);
        resolve(answer);
      };
      worker.postMessage(message);
    });

  const say = (text) => {
    state.textContent = text;
  };

  const ready = async () => {
    const answer = await began();
    if (!answer.ready) {
      say("这个浏览器不能运行自检（需要 2023 年以后的 Edge、Chrome、Firefox 或 Safari）。可以换一个浏览器，或直接上报。");
      document.body.dataset.failed = answer.failed || "late";
      return false;
    }
    input.disabled = false;
    drop.classList.remove("waiting");
    return true;
  };

  let busy = Promise.resolve();
  const take = (files) => {
    busy = busy.then(async () => {
      let done = 0;
      for (const file of files) {
        say(`正在检查（${(done += 1)}/${files.length}）：${file.name}`);
        if (!worker && !(await ready())) return;
        const bytes = new Uint8Array(await file.arrayBuffer());
        let answer = await asked({ name: file.name, bytes }, GIVE_UP);
        if (!answer.checked) {
          // whatever ended it may have spoiled the memory: a new one tells what headquarters says of such a file
          const late = Boolean(answer.late);
          if (worker) worker.terminate();
          if (!(await ready())) return;
          answer = await asked({ name: file.name, late }, GIVE_UP);
        }
        results.prepend(answer.checked ? shown(JSON.parse(answer.checked)) : broken(file.name, answer));
        document.body.dataset.checked = String(Number(document.body.dataset.checked || 0) + 1);
      }
      say(`检查完毕：${files.length} 份文件。改好后保存，再拖进来查一遍。`);
    });
  };

  const broken = (name, answer) =>
    make("section", { class: "file" }, make("h2", {}, name),
      make("p", { class: "verdict bad" },
        "自检在这个文件上出错了，请直接上报，并告诉总部。"),
      make("p", { class: "code" }, answer.failed || ""));

  const verdict = (checked) => {
    const worst = new Set(checked.told.map((one) => one.severity));
    if (!checked.accepted) return ["bad", `这份文件总部不能用。${checked.tally}。`];
    if (worst.has("error")) return ["bad", `有错误，请改好再上报。${checked.tally}。`];
    if (worst.has("warning")) return ["fair", `可以上报，但有要核对的地方。${checked.tally}。`];
    return ["good", checked.told.length ? `可以上报。${checked.tally}。` : "可以上报，没有发现问题。"];
  };

  const shown = (checked) => {
    const [kind, words] = verdict(checked);
    const section = make("section", { class: "file" }, make("h2", {}, checked.file));
    section.checked = checked; // for who tests the page
    if (checked.dealer) section.append(make("p", { class: "who" }, `${checked.dealer}　${checked.name}`));
    section.append(make("p", { class: `verdict ${kind}` }, words));
    if (checked.told.length) section.append(findings(checked.told));
    if (checked.score) section.append(score(checked.score));
    return section;
  };

  const findings = (told) => {
    const body = make("tbody");
    for (const one of told) {
      const what = make("td", {}, one.message);
      if (one.remedy) what.append(make("p", { class: "remedy" }, `→ ${one.remedy}`));
      if (one.ruling) what.append(make("p", { class: "remedy" }, one.ruling));
      body.append(make("tr", {},
        make("td", {}, make("span", { class: `tag ${one.severity}` }, one.word)),
        make("td", { class: "at" }, one.place), what, make("td", { class: "code" }, one.code)));
    }
    return make("table", { class: "findings" },
      make("thead", {}, make("tr", {}, ...["级别", "单元格", "问题和办法", "编号"].map((word) => make("th", {}, word)))), body);
  };

  const score = (first) => {
    const box = make("div");
    const total = make("p", { class: "total", "aria-live": "polite" });
    const table = make("div");
    const fill = (now, tried) => {
      if (now.items.length) {
        const open = now.most - now.total > 1e-9;
        total.replaceChildren(tried ? "试算得分 " : "目前得分 ", make("b", {}, points(now.total)), ` / ${points(now.points)} 分`,
          open ? `；检查情况由总部填写，全部达标时最多 ${points(now.most)} 分` : "");
      }
      table.replaceChildren(now.items.length ? items(now.items) : "", now.indicators.length ? indicators(now.indicators) : "");
    };
    if (first.items.length) {
      box.append(make("h3", {}, "得分试算"), total);
      const form = make("div", { class: "try" });
      const inputs = first.figures.map((figure) => {
        const typed = make("input", { inputmode: "decimal", autocomplete: "off", "data-field": figure.field });
        typed.value = figure.value === null ? "" : points6(figure.value * figure.scale);
        form.append(make("label", {}, figure.label, make("span", {}, typed, figure.unit)));
        typed.addEventListener("change", () => again(false));
        return [figure, typed, typed.value];
      });
      const again = async (back) => {
        const changed = {};
        for (const [figure, typed, sent] of inputs) {
          if (back) typed.value = sent;
          const text = typed.value.replace(/[,，\s]/g, "");
          const number = Number(text);
          typed.classList.toggle("wrong", text !== "" && !Number.isFinite(number));
          if (typed.value !== sent && (text === "" || Number.isFinite(number))) changed[figure.field] = text === "" ? null : number / figure.scale;
        }
        busy = busy.then(async () => {
          if (box !== latest || !worker) return;
          const answer = await asked({ figures: JSON.stringify(changed) }, GIVE_UP);
          if (answer.tried) fill(JSON.parse(answer.tried).score, Object.keys(changed).length > 0);
        });
      };
      const reset = make("button", { type: "button" }, "恢复成表里的数");
      reset.addEventListener("click", () => again(true));
      box.append(make("p", { class: "who" }, "改下面的数，看得分会怎样；只是试算，不会改动你的表。"), form, reset);
    }
    box.append(table);
    fill(first, false);
    if (latest) for (const old of latest.querySelectorAll("input, button")) old.disabled = true;
    latest = box;
    return box;
  };
  let latest; // the score of the file that was read last: figures are tried on that one

  const points6 = (number) => String(Math.round(number * 1e6) / 1e6);

  const items = (rows) => {
    const body = make("tbody");
    for (const row of rows) {
      const result = make("td", { class: row.vetoed ? "n vetoed" : "n" },
        row.status === "未填" && row.most > 0 ? `${points(row.score)}～${points(row.most)}` : points(row.score));
      body.append(make("tr", {}, make("td", {}, row.name), result, make("td", { class: "n" }, points(row.points)), make("td", {}, row.trace)));
    }
    return make("table", { class: "items" },
      make("thead", {}, make("tr", {}, make("th", {}, "考核项"), make("th", { class: "n" }, "得分"), make("th", { class: "n" }, "分值"), make("th", {}, "怎么算的"))), body);
  };

  const indicators = (rows) => {
    const body = make("tbody");
    for (const row of rows) body.append(make("tr", {}, make("td", {}, row.name), make("td", { class: "n" }, row.value), make("td", {}, row.judgement)));
    return make("table", {},
      make("thead", {}, make("tr", {}, make("th", {}, "指标"), make("th", { class: "n" }, "本月"), make("th", {}, "评价"))), body);
  };

  input.addEventListener("change", () => {
    if (input.files.length) take([...input.files]);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragenter" || name === "dragover");
      if (name === "drop" && !input.disabled) take([...event.dataTransfer.files]);
    });
  }
  drop.classList.add("waiting");
  ready().then((can) => {
    if (!can) return;
    document.body.dataset.ready = String(Math.round(performance.now()));
    say("可以开始了。");
  });
})();
