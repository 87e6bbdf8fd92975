// What the page does in the browser beyond Gradio. Gradio calls each of these functions once, with its component.
window.lukeQA = (() => {
    "use strict";

    const columns = () => document.getElementById("columns")?.dataset ?? {}; // not there before the page is built
    const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
    let clock;
    let ticket = 0; // of the last question
    let over = 0; // questions up to this ticket were cancelled

    // ---- The wait: shown by CSS while #columns has data-asking ----

    // Gradio passes the inputs of an event; the last of them is for what is told about the wait.
    const wait = (...inputs) => {
        const began = performance.now();
        const count = () => {
            const seconds = Math.floor((performance.now() - began) / 1000);
            document.querySelectorAll("#waiting .seconds").forEach(place => { place.textContent = seconds; });
        };
        clearInterval(clock);
        clock = setInterval(count, 200);
        count();
        delete columns().cancelled;
        delete columns().failed;
        columns().asking = "";
        ticket += 1;
        return [...inputs.slice(0, -1), { ticket }];
    };
    const shows = (...inputs) => [...inputs.slice(0, -1), { ...inputs.at(-1), over }];
    // The end of a question that was cancelled may come when the next one is waited for already.
    const settle = ({ ended, shown }) => {
        if (shown) delete columns().cancelled; // the cancel came too late
        if (ended < ticket) return;
        clearInterval(clock);
        delete columns().asking;
    };
    const cancel = () => {
        over = ticket;
        settle({ ended: ticket });
    };
    const waiting = (element, trigger) => element.addEventListener("click", event => {
        if (!event.target.closest("[data-cancel]")) return;
        cancel();
        columns().cancelled = "";
        trigger("stop", { ticket });
        document.querySelector("#question input, #question textarea")?.focus();
    });

    // ---- Requests, one after the other ----

    // A reply draws the page in the language that was chosen when its request was sent. If it came after the reply to a
    // later request, an answer would be shown in a language that is no longer chosen. So each waits for the one before,
    // but for those with a ticket, a question and its cancel, whose replies draw nothing.
    // Of one that fails Gradio says nothing. After one without a reply it would even do nothing any more, for good.
    const send = window.fetch;
    const WITHOUT_REPLY = 503;
    let turn = Promise.resolve(); // of the next request
    const observed = async (request, question) => {
        const reply = await request.catch(() => new Response("{}", { status: WITHOUT_REPLY }));
        if (reply.ok) delete columns().failed;
        else if (!question || question === ticket) {
            columns().failed = reply.status === 413 ? "large" : "";
            if (question) settle({ ended: question });
        }
        return reply;
    };
    window.fetch = (resource, options) => {
        const { pathname } = new URL(resource.url ?? resource, location);
        if (!pathname.endsWith("/run/predict")) return send(resource, options);
        const { data, event_data: event } = JSON.parse(options.body);
        const told = data.at(-1) ?? {};
        const sent = () => observed(send(resource, options), told.ticket ?? told.ended);
        if (told.ticket || event?.ticket) return sent();
        const reply = turn.then(sent);
        turn = reply.then(whole => whole.clone().text()).catch(() => {});
        return reply;
    };

    // ---- Asking: by the button, Enter, or Ctrl+Enter wherever the cursor is; not while an answer is waited for ----

    const stop = event => {
        event.preventDefault();
        event.stopImmediatePropagation();
    };
    const capturing = { capture: true }; // before Gradio
    document.addEventListener("click", event => {
        if (event.target.closest("#ask") && "asking" in columns()) stop(event);
    }, capturing);
    document.addEventListener("keydown", event => {
        // The Enter of a conversion of Japanese input. Safari ends the conversion first, and tells it by key code 229 only.
        if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
        if (!event.ctrlKey && !event.metaKey && !event.target.closest("#question")) return;
        stop(event);
        document.getElementById("ask").click();
    }, capturing);

    // ---- Answers: scrolls to an answer, the best one when it arrives, and any one that is clicked ----

    const answers = (element, watch) => {
        const show = rank => {
            const mark = document.getElementById(`place-${rank}`);
            mark?.closest("details")?.setAttribute("open", "");
            mark?.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
        };
        element.addEventListener("click", event => {
            const button = event.target.closest("[data-place]");
            if (button) show(button.dataset.place);
        });
        watch("value", () => show(0));
    };

    // ---- Feedback: the pressed button, and the part of a text that is selected ----

    const verdict = (element, trigger, watch) => {
        let selected = {}; // remembered, because a click on a button ends the selection
        document.addEventListener("selectionchange", () => {
            const range = document.getSelection()?.rangeCount ? document.getSelection().getRangeAt(0) : null;
            const parent = node =>
                (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("#details .text");
            if (!range || range.collapsed || !parent(range.startContainer)) return;
            const text = parent(range.startContainer);
            if (parent(range.endContainer) !== text) return;
            const before = document.createRange();
            before.setStart(text, 0);
            before.setEnd(range.startContainer, range.startOffset);
            const start = [...before.toString()].length; // code points
            selected = { document: Number(text.dataset.document), start, end: start + [...range.toString()].length };
            element.querySelector("[data-verdict=span]")?.removeAttribute("disabled");
        });
        element.addEventListener("click", event => {
            const verdict = event.target.closest("[data-verdict]")?.dataset.verdict;
            if (!verdict) return;
            if (verdict === "wrong") element.querySelector(".marking").hidden = false;
            else trigger("click", { verdict, ...(verdict === "span" ? selected : {}) });
        });
        watch("value", () => { selected = {}; });
    };

    // ---- Copying: the answer, or a link to the question and its text ----

    const copy = async text => {
        if (navigator.clipboard) return navigator.clipboard.writeText(text);
        const area = document.body.appendChild(document.createElement("textarea")); // a page over plain HTTP has no clipboard
        area.value = text;
        area.select();
        const copied = document.execCommand("copy");
        area.remove();
        if (!copied) throw new Error("The browser does not copy.");
    };
    const copying = element => element.addEventListener("click", async event => {
        const button = event.target.closest("[data-copy]");
        if (!button) return;
        const status = element.querySelector("[role=status]");
        const { copy: what, value } = button.dataset;
        try {
            await copy(what === "fragment" ? location.origin + location.pathname + value : value);
            status.textContent = status.dataset.copied;
        } catch {
            status.textContent = status.dataset.notCopied;
        }
        button.focus();
    });

    // ---- A link: its question and text, which are taken out of the address, because the page is about to change ----

    const opened = () => {
        const { hash } = location;
        if (hash) history.replaceState(null, "", location.pathname + location.search);
        return hash;
    };
    addEventListener("hashchange", () => location.reload());

    // ---- Earlier questions ----

    const earlier = (element, trigger) => element.addEventListener("click", event => {
        const button = event.target.closest("[data-earlier]");
        if (button) trigger("select", { index: Number(button.dataset.earlier) });
        else if (event.target.closest("[data-forget]")) {
            cancel();
            trigger("clear", { over });
        }
    });

    // ---- Files: a dropped folder gives its files, and one that is too large does not stop the others ----

    const files = (element, trigger, largest, largestTogether) => {
        const sifted = new WeakSet();
        const inFolder = async entry => {
            if (entry.name.startsWith(".")) return [];
            if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
            const reader = entry.createReader();
            const found = [];
            for (;;) {
                const some = await new Promise((done, failed) => reader.readEntries(done, failed));
                if (!some.length) return found;
                for (const each of some) found.push(...await readable(each));
            }
        };
        // What cannot be read, such as a file that is gone, gives no files, and the others are read.
        const readable = entry => inFolder(entry).catch(() => []);
        const pass = (input, given) => {
            const small = new DataTransfer();
            const large = [];
            let together = 0;
            for (const file of given) {
                const fits = file.size <= largest && together + file.size <= largestTogether;
                if (!fits) large.push(file.name);
                else {
                    together += file.size;
                    small.items.add(file);
                }
            }
            if (large.length) trigger("upload", { large });
            if (!small.files.length) return;
            input.files = small.files;
            const event = new Event("change", { bubbles: true });
            sifted.add(event);
            input.dispatchEvent(event);
        };
        document.addEventListener("change", event => {
            const input = event.target.closest?.("#files input[type=file]");
            if (!input || sifted.has(event)) return;
            event.stopImmediatePropagation();
            pass(input, [...input.files]);
        }, true);
        document.addEventListener("drop", async event => {
            const input = event.target.closest?.("#files")?.querySelector("input[type=file]");
            if (!input) return;
            event.preventDefault();
            event.stopImmediatePropagation();
            const items = [...event.dataTransfer.items].filter(item => item.kind === "file");
            const entries = items.map(item => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(entry => entry);
            const found = await Promise.all(entries.map(entry => (entry instanceof File ? [entry] : readable(entry))));
            pass(input, found.flat());
        }, true);
        element.addEventListener("click", event => {
            const button = event.target.closest("[data-file]");
            if (button) trigger("delete", { index: Number(button.dataset.file) });
        });
    };

    return { wait, shows, settle, waiting, answers, verdict, copying, opened, earlier, files };
})();
