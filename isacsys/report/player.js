"use strict";
for (const player of document.querySelectorAll(".player")) {
  const recorded = JSON.parse(player.querySelector(".recorded").textContent);
  const types = { i4: Int32Array, u2: Uint16Array, u1: Uint8Array, f4: Float32Array };
  const unpack = (text, kind) => new types[kind](Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const ABSENT = -(2 ** 31);
  const svg = player.querySelector(".stage");
  const make = (tag, parent, attributes) => {
    const node = document.createElementNS(svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    parent.append(node);
    return node;
  };

  const [left, bottom, right, top] = recorded.box;
  const size = Math.max(right - left, top - bottom, 1);
  const margin = 0.05 * size;
  const height = top - bottom + 2 * margin;
  const Y = (y) => top + margin - y;
  svg.setAttribute("viewBox", `${left - margin} 0 ${right - left + 2 * margin} ${height}`);
  const dot = size / 260;

  const layers = {};
  for (const name of ["nulls", "serves", "looks", "stations", "users", "tracks", "targets"]) {
    layers[name] = make("g", svg, { "data-layer": name });
  }
  const lines = {};
  for (const name of ["serves", "looks", "nulls"]) lines[name] = make("path", layers[name], { class: name });

  const stations = recorded.stations;
  const marks = stations.x.map((x, i) => {
    const y = Y(stations.y[i]);
    if (!stations.sectors) return make("circle", layers.stations, { class: "station", cx: x, cy: y, r: 1.6 * dot });
    const reach = 6 * dot;
    const edge = (turn) => {
      const angle = ((stations.boresight[i] + turn) * Math.PI) / 180;
      return `${x + reach * Math.cos(angle)},${y - reach * Math.sin(angle)}`;
    };
    const path = `M${x},${y} L${edge(-32)} A${reach},${reach} 0 0 0 ${edge(32)} Z`;
    return make("path", layers.stations, { class: "sector", d: path });
  });
  if (stations.sectors) {
    stations.x.forEach((x, i) => make("circle", layers.stations, { class: "station", cx: x, cy: Y(stations.y[i]), r: dot }));
  }

  const members = (name, kind, radius) => {
    if (!recorded[name]) return { places: null, nodes: [], count: 0 };
    const count = recorded[name].count;
    const nodes = Array.from({ length: count }, (_, i) =>
      make("circle", layers[name], { class: kind, r: radius, [`data-${kind}`]: i }));
    return { places: unpack(recorded[name].places, "i4"), nodes, count };
  };
  const users = members("users", "user", 0.9 * dot);
  const targets = members("targets", "target", 2.2 * dot);
  for (const node of targets.nodes) node.setAttribute("stroke-width", 0.7 * dot);

  const rows = (name, columns) => {
    const table = recorded[name];
    if (!table) return null;
    const found = { first: table.first };
    for (const [column, kind] of Object.entries(columns)) found[column] = unpack(table[column], kind);
    return found;
  };
  const link = { station: "u2", member: "i4", rate: "u1" };
  const serves = rows("serves", link);
  const looks = rows("looks", link);
  const nulls = rows("nulls", { asked: "u2", kind: "u1", member: "i4" });
  const asleep = rows("asleep", { station: "u2" });
  const tracks = rows("tracks", { target: "i4", x: "i4", y: "i4", major: "f4", minor: "f4", angle: "f4" });

  const ramp = [[68, 1, 84], [68, 58, 131], [49, 104, 142], [33, 144, 140], [53, 183, 121], [144, 215, 67], [253, 231, 37]];
  const colour = (level) => {
    const at = (level / 255) * (ramp.length - 1);
    const low = Math.min(Math.floor(at), ramp.length - 2);
    return `rgb(${ramp[low].map((c, i) => Math.round(c + (at - low) * (ramp[low + 1][i] - c))).join(",")})`;
  };
  const place = (group, frame, i) => {
    const at = 2 * (frame * group.count + i);
    return group.places[at] === ABSENT ? null : [group.places[at], group.places[at + 1]];
  };
  const move = (group, frame) => {
    for (let i = 0; i < group.count; i += 1) {
      const where = place(group, frame, i);
      const node = group.nodes[i];
      node.style.display = where ? "" : "none";
      if (!where) continue;
      node.setAttribute("cx", where[0]);
      node.setAttribute("cy", Y(where[1]));
      node.setAttribute("data-x", (where[0] / 1e5).toFixed(5));
      node.setAttribute("data-y", (where[1] / 1e5).toFixed(5));
    }
  };
  const span = (table, frame) => (table ? [table.first[frame], table.first[frame + 1]] : [0, 0]);
  const between = (station, where) => `M${stations.x[station]},${Y(stations.y[station])} L${where[0]},${Y(where[1])}`;
  const draw = (name, table, group, station, frame) => {
    const parts = [];
    const [from, to] = span(table, frame);
    for (let i = from; i < to; i += 1) {
      const where = place(group(i), frame, table.member[i]);
      if (where) parts.push(between(table[station][i], where));
    }
    lines[name].setAttribute("d", parts.join(" "));
  };

  const timeline = player.querySelector(".timeline");
  const clock = player.querySelector(".clock");
  const counts = player.querySelector(".counts");
  timeline.max = recorded.frames - 1;
  const show = (frame) => {
    move(users, frame);
    move(targets, frame);
    for (const node of users.nodes) {
      node.classList.remove("served");
      node.style.fill = "";
    }
    const [from, to] = span(serves, frame);
    for (let i = from; i < to; i += 1) {
      users.nodes[serves.member[i]].classList.add("served");
      users.nodes[serves.member[i]].style.fill = colour(serves.rate[i]);
    }
    draw("serves", serves, () => users, "station", frame);
    draw("looks", looks, () => targets, "station", frame);
    draw("nulls", nulls, (i) => (nulls.kind[i] === 0 ? users : targets), "asked", frame);
    for (const mark of marks) mark.classList.remove("silent");
    const [first, last] = span(asleep, frame);
    for (let i = first; i < last; i += 1) marks[asleep.station[i]].classList.add("silent");
    layers.tracks.replaceChildren();
    const [begin, end] = span(tracks, frame);
    for (let i = begin; i < end; i += 1) {
      const [x, y] = [tracks.x[i], Y(tracks.y[i])];
      make("ellipse", layers.tracks, { class: "track", cx: x, cy: y, rx: tracks.major[i], ry: tracks.minor[i],
        transform: `rotate(${-tracks.angle[i]} ${x} ${y})`, "data-target": tracks.target[i] });
      make("path", layers.tracks, { class: "cross", d: `M${x - dot},${y} h${2 * dot} M${x},${y - dot} v${2 * dot}` });
    }
    timeline.value = frame;
    clock.textContent = `frame ${frame} of ${recorded.frames}, ${(frame * recorded.frame_duration).toFixed(3)} s`;
    counts.textContent = `${to - from} users served, ${span(looks, frame)[1] - span(looks, frame)[0]} looks, `
      + `${end - begin} tracks, ${span(nulls, frame)[1] - span(nulls, frame)[0]} nulls, ${last - first} stations silent or asleep.`;
  };

  for (const box of player.querySelectorAll("input[data-layer]")) {
    const switchLayer = () => { layers[box.dataset.layer].style.display = box.checked ? "" : "none"; };
    box.addEventListener("change", switchLayer);
    switchLayer();
  }
  const button = player.querySelector(".play");
  const speed = player.querySelector(".speed");
  let playing = false;
  let before = 0;
  const step = (now) => {
    if (!playing) return;
    if (now - before >= 1000 / Number(speed.value)) {
      before = now;
      show((Number(timeline.value) + 1) % recorded.frames);
    }
    requestAnimationFrame(step);
  };
  button.addEventListener("click", () => {
    playing = !playing;
    button.textContent = playing ? "pause" : "play";
    if (playing) requestAnimationFrame(step);
  });
  timeline.addEventListener("input", () => show(Number(timeline.value)));
  timeline.addEventListener("change", () => show(Number(timeline.value)));
  const kilometres = 10 ** Math.floor(Math.log10(size / 3e5));
  make("path", svg, { class: "scale", d: `M${left - margin / 2},${height - margin / 2} h${kilometres * 1e5}` });
  make("text", svg, { x: left - margin / 2, y: height - margin * 0.65, style: `font-size:${4 * dot}px` })
    .textContent = `${kilometres} km`;
  show(0);
}
