"use strict";
// Plain script of our own: dropped files, progress, copying, and what a second click must not do.
(() => {
  const body = document.body;
  const month = body.dataset.month;
  const token = body.dataset.formToken;
  const by = (id) => document.getElementById(id);
  const say = (text) => { by("says").textContent = text; };
  const post = (path, content, headers = {}) =>
    fetch(path, { method: "POST", body: content, headers: { "x-form-token": token, ...headers } });
  const number = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  // a form is sent once; the server knows its number as well
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.classList.contains("quiet")) { event.preventDefault(); return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post") {
      form.dataset.sent = "1";
      for (const button of form.querySelectorAll("button")) { button.disabled = true; }
      say("正在处理");
    }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { location.reload(); } });
  document.addEventListener("change", (event) => { if (event.target.matches("[data-sends]")) { event.target.form.requestSubmit(); } });

  // 一键复制
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) { return; }
    const source = by(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "已复制";
    say("已复制");
    setTimeout(() => { button.textContent = "一键复制"; }, 2000);
  });

  // what the server did not have at once
  for (const place of document.querySelectorAll("[data-fetch]")) {
    fetch(place.dataset.fetch).then((answer) => answer.text()).then((text) => {
      const page = new DOMParser().parseFromString(text, "text/html");
      by("next").replaceChildren(...page.body.childNodes);
    }).catch(() => { place.textContent = "没有连上：刷新页面再看。"; });
  }

  // how far jobs are
  const going = () => [...document.querySelectorAll(".job.going")];
  const told = (job) => {
    const parts = [job.stage || job.condition];
    if (job.total) { parts.push(`${job.count}/${job.total} 份`); }
    if (job.rate) { parts.push(`每秒 ${job.rate} 份`); }
    if (job.remaining !== null && job.total) { parts.push(job.remaining < 60 ? `还要约 ${job.remaining} 秒` : `还要约 ${Math.ceil(job.remaining / 60)} 分钟`); }
    return parts.join("，");
  };
  let quiet = 0;
  const look = async () => {
    const known = going();
    if (!known.length) { return; }
    try {
      const query = known.map((place) => `job=${place.dataset.job}`).join("&");
      const answer = await fetch(month ? `/m/${month}/jobs?${query}` : `/jobs?${query}`);
      const jobs = await answer.json();
      quiet = 0;
      for (const place of known) {
        const job = jobs.find((each) => each.number === place.dataset.job);
        if (!job || job.over) {
          const target = new URL(location.href);
          target.searchParams.set("job", place.dataset.job);
          target.hash = "";
          location.replace(target);
          return;
        }
        place.querySelector(".condition").textContent = job.condition;
        place.querySelector(".words").textContent = told(job);
        const bar = place.querySelector("progress");
        if (job.total) { bar.max = job.total; bar.value = job.count; } else { bar.removeAttribute("value"); }
      }
    } catch {
      quiet += 1;
      if (quiet === 5) { for (const place of known) { place.querySelector(".words").textContent = "程序没有应答：重新打开程序，会接着做。"; } }
    }
    setTimeout(look, 500);
  };
  setTimeout(look, 300);

  // dropped files
  const zone = by("drop");
  if (!zone) { return; }
  const status = by("drop-says");
  const bar = by("drop-progress");
  const skipped = (name) => /^(\.|~\$|thumbs\.db$|desktop\.ini$)/i.test(name);
  const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));
  async function* walked(entry, path) {
    if (skipped(entry.name)) { return; }
    if (entry.isFile) { yield [path + entry.name, await fileOf(entry)]; return; }
    const reader = entry.createReader();
    for (let some = await entriesOf(reader); some.length; some = await entriesOf(reader)) {
      for (const each of some) { yield* walked(each, `${path}${entry.name}/`); }
    }
  }
  const send = async (files) => {
    if (!files.length) { status.textContent = "没有文件。"; return; }
    if (zone.dataset.busy) { status.textContent = "上一批还在传，传完再拖。"; return; }
    const name = by("drop-by");
    if (!name.value.trim()) { name.focus(); status.textContent = "请先写经手人，再拖一次。"; return; }
    zone.dataset.busy = "1";
    status.textContent = `收到 ${files.length} 份，正在登记……`;
    bar.hidden = false; bar.max = files.length; bar.value = 0;
    const refused = [];
    try {
      const key = number();
      const begun = await post(`/m/${month}/deliveries?number=${key}`);
      if (!begun.ok) { throw new Error((await begun.json()).detail); }
      const queue = files.slice();
      const take = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const [path, file] = next;
          const answer = await post(`/m/${month}/deliveries/${key}/file?name=${encodeURIComponent(path)}`, file);
          if (!answer.ok) {
            const why = await answer.json();
            refused.push(why.finding ? `${why.finding.message}（${why.finding.remedy}）` : `${path}：${why.detail}`);
          }
          bar.value += 1;
        }
      };
      await Promise.all([take(), take(), take(), take()]);
      if (refused.length === files.length) { throw new Error(refused[0]); }
      const ended = await post(`/m/${month}/deliveries/${key}/end`, "", headersOf());
      if (!ended.ok) { throw new Error((await ended.json()).detail); }
      status.textContent = `${files.length - refused.length} 份已收下，后台登记、检查、评分。${refused.join("；")}`;
      const target = new URL(location.href);
      target.search = `?job=${key}`;
      target.hash = "";
      if (refused.length) { setTimeout(() => location.assign(target), 6000); } else { location.assign(target); }
    } catch (error) {
      status.textContent = error.message || "没有连上程序：看程序窗口是不是还开着。";
    } finally {
      delete zone.dataset.busy;
    }
  };
  const headersOf = () => ({ "x-by": encodeURIComponent(by("drop-by").value), "x-came": encodeURIComponent(by("drop-came").value) });
  const picked = (event) => {
    const files = [...event.target.files].filter((file) => !skipped(file.name));
    send(files.map((file) => [file.webkitRelativePath || file.name, file]));
    event.target.value = "";
  };
  by("pick-files").addEventListener("change", picked);
  by("pick-folder").addEventListener("change", picked);
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  let depth = 0;
  document.addEventListener("dragenter", (event) => { if (carriesFiles(event)) { depth += 1; body.classList.add("over"); } });
  document.addEventListener("dragleave", (event) => { if (carriesFiles(event)) { depth -= 1; if (depth <= 0) { depth = 0; body.classList.remove("over"); } } });
  document.addEventListener("dragover", (event) => { if (carriesFiles(event)) { event.preventDefault(); } });
  document.addEventListener("drop", async (event) => {
    if (!carriesFiles(event) || event.target.matches("input[type=file]")) { return; }
    event.preventDefault();
    depth = 0;
    body.classList.remove("over");
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const roots = items.map((item) => [item.webkitGetAsEntry ? item.webkitGetAsEntry() : null, item.getAsFile()]);
    status.textContent = "正在看拖进来的文件……";
    const files = [];
    for (const [entry, file] of roots) {
      if (entry) { for await (const each of walked(entry, "")) { files.push(each); } } else if (file) { files.push([file.name, file]); }
    }
    send(files);
  });
  zone.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-end]");
    if (!button) { return; }
    const key = button.closest("[data-unfinished]").dataset.unfinished;
    const dropped = button.dataset.end === "drop";
    const answer = await post(`/m/${month}/deliveries/${key}/end${dropped ? "?drop=1" : ""}`, "", headersOf());
    if (answer.ok) { location.assign(dropped ? `/m/${month}` : `/m/${month}?job=${key}`); } else { status.textContent = (await answer.json()).detail; }
  });
})();
