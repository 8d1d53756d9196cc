"""The pictures of docs/performance.md, as SVG: stacked bars, and a roofline."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#8c6d31", "#777777", "#bbbbbb"]
FONT = 'font-family="sans-serif" font-size="12"'


def text(x, y, words, anchor="start", extra=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" %s fill="#222" %s>%s</text>' % (x, y, anchor, FONT, extra, escape(words))


def picture(width, height, parts, title):
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (
        width, height, width, height)
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, "<title>%s</title>" % escape(title), ground, *parts, "</svg>"]) + "\n"


def ticks(most):
    """Round numbers from 0 to `most`, about five of them."""
    raw = most / 5
    step = 10 ** math.floor(math.log10(raw))
    step *= next(factor for factor in (1, 2, 5, 10) if factor * step >= raw)
    return [i * step for i in range(int(most / step) + 1)]


def stacked_bars(title, rows, parts, unit):
    """rows: [(name, {part: value})]; the parts in the order of the list `parts`."""
    left, width, height, top = 150, 640, 20, 58
    colour = {part: COLOURS[i % len(COLOURS)] for i, part in enumerate(parts)}
    most = max(sum(values.values()) for _, values in rows)
    bottom = top + len(rows) * (height + 6)
    drawn = [text(left, 18, title, extra='font-weight="bold"')]
    at = 20
    for part in parts:
        drawn.append('<rect x="%.1f" y="28" width="12" height="12" fill="%s"/>' % (at, colour[part]))
        drawn.append(text(at + 16, 38, part))
        at += 30 + 6.4 * len(part)
    for tick in ticks(most):
        x = left + width * tick / most
        drawn.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/>' % (x, top - 6, x, bottom))
        drawn.append(text(x, bottom + 14, "%g" % tick, "middle"))
    drawn.append(text(left + width, bottom + 28, unit, "end"))
    for i, (name, values) in enumerate(rows):
        y, x = top + i * (height + 6), left
        drawn.append(text(left - 8, y + 14, name, "end"))
        for part in [part for part in parts if part in values]:
            value = values[part]
            length = width * value / most
            drawn.append('<rect x="%.1f" y="%d" width="%.2f" height="%d" fill="%s"><title>%s: %.2f %s</title></rect>' % (
                x, y, length, height, colour[part], escape("%s, %s" % (name, part)), value, unit))
            x += length
        drawn.append(text(x + 4, y + 14, "%.4g" % sum(values.values())))
    return picture(max(left + width + 60, int(at) + 10), bottom + 36, drawn, title)


def roofline(title, peak, roofs, points):
    """peak in GFLOP/s; roofs {name: GB/s}; points [(kind, name, flop per byte, GFLOP/s)]; both axes logarithmic."""
    left, top, width, height = 60, 60, 620, 380
    x_low, x_high = 0.5, 1024
    y_low, y_high = min(4, *(point[3] for point in points)), max(1.5 * peak, *(1.1 * point[3] for point in points))

    def place(x, y):
        return (left + width * math.log(x / x_low) / math.log(x_high / x_low),
                top + height * (1 - math.log(y / y_low) / math.log(y_high / y_low)))

    drawn = [text(left, 18, title, extra='font-weight="bold"')]
    for exponent in range(0, 11, 2):
        x, y = place(2**exponent, y_low)
        drawn.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%.1f" stroke="#eee"/>' % (x, top, x, y))
        drawn.append(text(x, y + 16, "%d" % 2**exponent, "middle"))
    for y in (1, 3, 10, 30, 100, 300, 1000, 3000):
        if y_low <= y <= y_high:
            at = place(x_low, y)[1]
            drawn.append('<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#eee"/>' % (left, at, left + width, at))
            drawn.append(text(left - 6, at + 4, "%d" % y, "end"))
    drawn.append(text(left + width, top + height + 32, "FLOP of a direct convolution per byte that it must move", "end"))
    drawn.append(text(left - 50, top - 10, "GFLOP/s"))
    for name, bandwidth in roofs.items():
        bend = peak / bandwidth
        start = max(x_low, y_low / bandwidth)
        ends = [place(start, start * bandwidth), place(bend, peak), place(x_high, peak)]
        drawn.append('<polyline points="%s" fill="none" stroke="#444"/>' % " ".join("%.1f,%.1f" % end for end in ends))
        drawn.append(text(ends[0][0] + 8, ends[0][1] - 10, name))
    drawn.append(text(left + width, place(x_high, peak)[1] - 6, "%.0f GFLOP/s" % peak, "end"))
    kinds = list(dict.fromkeys(kind for kind, _, _, _ in points))
    at = left
    for i, kind in enumerate(kinds):
        drawn.append('<circle cx="%.1f" cy="34" r="5" fill="%s"/>' % (at + 5, COLOURS[i % len(COLOURS)]))
        drawn.append(text(at + 14, 38, kind))
        at += 30 + 6.4 * len(kind)
    for kind, name, intensity, gflops in points:
        x, y = place(min(intensity, x_high), gflops)
        drawn.append('<circle cx="%.1f" cy="%.1f" r="4" fill="%s" fill-opacity="0.75"><title>%s: %.0f GFLOP/s</title></circle>' % (
            x, y, COLOURS[kinds.index(kind) % len(COLOURS)], escape("%s, %s" % (name, kind)), gflops))
    return picture(max(left + width + 20, int(at) + 10), top + height + 44, drawn, title)
