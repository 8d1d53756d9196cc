// Numbers as people read them. A missing number is an en dash.
ogive.format = (() => {
  const none = "–";
  const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
  const minus = (text) => text.replace("-", "−");
  const fixed = (value, digits) => (known(value) ? minus(value.toFixed(digits)) : none);
  const score = (value) => fixed(value, 3);
  const signed = (value, digits = 3) => {
    if (!known(value)) return none;
    const text = value.toFixed(digits);
    return Number(text) > 0 ? `+${text}` : Number(text) < 0 ? minus(text) : Math.abs(value).toFixed(digits);
  };
  // "−0.011 [−0.018, −0.004]"
  const range = (interval) => (known(interval.low) ? `[${signed(interval.low)}, ${signed(interval.high)}]` : "");
  const percent = (value) => {
    if (!known(value)) return none;
    const hundred = 100 * value;
    return `${minus(hundred.toFixed(hundred !== 0 && hundred < 10 ? 1 : 0))} %`;
  };
  const seconds = (value) => {
    if (!known(value)) return none;
    if (value < 100) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
    const whole = Math.round(value);
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
  };
  const mebibytes = (value) => (known(value) ? (value / 2 ** 20).toFixed(0) : none);
  const probability = (value) => (!known(value) ? none : value < 0.001 ? "< 0.001" : value.toFixed(3));
  const short = (value) => (known(value) ? minus(String(Number(value.toPrecision(3)))) : none);
  return { none, known, fixed, score, signed, range, percent, seconds, mebibytes, probability, short };
})();
