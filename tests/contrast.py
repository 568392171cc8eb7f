"""The contrast of words in a figure, measured on the pixels that they stand on."""

TEXTS = r"""(id) => {
    const figure = document.getElementById(id);
    figure.scrollIntoView();
    const walker = document.createTreeWalker(figure, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (!data.trim() || !parentElement.closest("text, td, th")) continue;
        const style = getComputedStyle(parentElement), size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const colour = parentElement.closest("svg") ? style.fill : style.color;
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        for (const { x, y, width, height } of range.getClientRects())
            texts.push({ words: data, colour, least: large ? 3 : 4.5, x: x + scrollX, y: y + scrollY, width, height });
    }
    const { x, y, width, height } = figure.getBoundingClientRect();
    return { texts, clip: { x: x + scrollX, y: y + scrollY, width, height, scale: 1 } };
}"""
HIDE = """() => {
    const style = document.createElement("style");
    const nothing = "fill: transparent !important; -webkit-text-fill-color: transparent !important;";
    style.id = "hidden-words";
    style.textContent = `svg text, svg tspan, svg a, td *, th { ${nothing} }`;
    document.head.append(style);
}"""
MEASURE = r"""async (png, clip, texts) => {
    const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
    canvas.drawImage(bitmap, 0, 0);
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const lightness = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const weak = ({ colour, least, x, y, width, height }) => {
        const ink = lightness(colour.match(/[\d.]+/g).map(Number));
        const left = Math.max(Math.floor(x - clip.x), 0), top = Math.max(Math.floor(y - clip.y), 0);
        const { data } = canvas.getImageData(left, top, Math.ceil(width), Math.ceil(height));
        const pixels = Array.from({ length: data.length / 4 }, (_, at) => data.slice(4 * at, 4 * at + 3));
        return pixels.filter((ground) => contrast(ink, lightness(ground)) < least).length / pixels.length;
    };
    return texts.map((text) => ({ words: text.words, colour: text.colour, weak: weak(text) }));
}"""
EDGE = 0.08  # of the pixels under words: no more than a line that they touch


def weak_words(browser, names):
    """Words of the figures that more than an edge of their ground stands out too little from, by figure."""
    found = {name: browser.evaluate(TEXTS, name) for name in names}
    assert all(seen["texts"] for seen in found.values())
    browser.evaluate(f"({HIDE})()")
    weak = {name: _weak(browser, name, **seen) for name, seen in found.items()}
    browser.evaluate("document.getElementById('hidden-words').remove()")
    return {name: words for name, words in weak.items() if words}


def _weak(browser, figure, texts, clip):
    browser.evaluate("id => document.getElementById(id).scrollIntoView()", figure)
    picture = browser.tell("Page.captureScreenshot", format="png", clip=clip)["data"]
    return [text for text in browser.evaluate(MEASURE, picture, clip, texts) if text["weak"] > EDGE]
