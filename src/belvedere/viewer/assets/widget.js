// src/widget.ts
function e({ model: e, el: n }) {
	let r = document.createElement("iframe"), { port1: i, port2: a } = new MessageChannel(), o = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`, s = (e, t = []) => i.postMessage(e, t), c = (e, n) => {
		let [r, i] = String(e.answer).split("/");
		if (r !== o) return;
		let a = t(n[0]).buffer;
		s({
			kind: "answer",
			id: Number(i),
			status: e.status,
			body: a
		}, [a]);
	}, l = () => s({
		kind: "select",
		bits: t(e.get("_mask"))
	}), u = () => {
		r.style.height = `${e.get("height")}px`;
	};
	return i.onmessage = ({ data: t }) => {
		t.kind === "ask" ? e.send({
			ask: `${o}/${t.id}`,
			path: t.path,
			body: t.body
		}) : (e.set("_mask", new DataView(t.bits.buffer)), e.save_changes());
	}, r.addEventListener("load", () => {
		r.contentWindow?.postMessage("belvedere", "*", [a]), l();
	}), e.on("msg:custom", c), e.on("change:_mask", l), e.on("change:height", u), r.title = String(e.get("_title")), r.allow = "clipboard-write; fullscreen", r.style.cssText = "display:block;width:100%;border:0;border-radius:8px;background:transparent", r.srcdoc = String(e.get("_page")), u(), n.append(r), () => {
		e.off("msg:custom", c), e.off("change:_mask", l), e.off("change:height", u), i.close(), r.remove();
	};
}
function t(e) {
	return e ? new Uint8Array(e.buffer, e.byteOffset, e.byteLength).slice() : /* @__PURE__ */ new Uint8Array();
}
var n = { render: e };
export { n as default };
