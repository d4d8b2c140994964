/**
 * Runs in the audio thread, between the sound card and the telephone line: 8 kHz, 16 bits, frames of 20 ms.
 *
 * Where the browser gives a context of 8 kHz (Chromium does) nothing is converted here; elsewhere samples are
 * interpolated, after filters of the page have taken away what 8 kHz cannot carry (call_audio.js).
 */

const LINE_RATE = 8000;
const FRAME = 160;
/** Frames gathered before sound is played, against the jitter of the network: 100 ms. */
const READY = 5;
/** Frames that may wait; more means that the network stood still, and the oldest are left out. */
const MOST = 25;

class TelephoneLine extends AudioWorkletProcessor {
  constructor() {
    super();
    /** Samples of this context for each one of the line. */
    this.step = sampleRate / LINE_RATE;
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    /** Where the next sample is taken, counted from the first of the coming block; between -1 and 0 lies `before`. */
    this.place = 0;
    this.before = 0;
    /** @type {Int16Array[]} */ this.toPlay = [];
    this.playing = false;
    this.playPlace = 0;
    this.phase = 1;
    this.from = 0;
    this.to = 0;
    this.port.onmessage = ({ data }) => (data === "flush" ? this.flush() : this.receive(new Int16Array(data)));
  }

  /** @param {Int16Array} frame */
  receive(frame) {
    this.toPlay.push(frame);
    if (this.toPlay.length > MOST) this.toPlay.splice(0, this.toPlay.length - READY);
    if (this.toPlay.length >= READY) this.playing = true;
  }

  flush() {
    this.toPlay = [];
    this.playPlace = 0;
    this.playing = false;
  }

  process([input], [output]) {
    this.capture(input[0] ?? new Float32Array(output[0].length));
    this.play(output[0]);
    return true;
  }

  /** @param {Float32Array} block what the microphone gave, or silence while there is none */
  capture(block) {
    const last = block.length - 1;
    for (; this.place <= last; this.place += this.step) {
      const index = Math.floor(this.place);
      const left = index < 0 ? this.before : block[index];
      const right = index < last ? block[index + 1] : left;
      const sample = left + (right - left) * (this.place - index);
      this.frame[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled === FRAME) {
        this.port.postMessage(this.frame.slice().buffer);
        this.filled = 0;
      }
    }
    this.place -= block.length;
    this.before = block[last];
  }

  /** @param {Float32Array} block */
  play(block) {
    for (let index = 0; index < block.length; index++) {
      while (this.phase >= 1) {
        this.from = this.to;
        this.to = this.next();
        this.phase -= 1;
      }
      block[index] = (this.from + (this.to - this.from) * this.phase) / 32768;
      this.phase += 1 / this.step;
    }
  }

  /** The next sample of the line; silence while frames are gathered. */
  next() {
    if (!this.playing) return 0;
    const sample = this.toPlay[0][this.playPlace++];
    if (this.playPlace >= this.toPlay[0].length) {
      this.toPlay.shift();
      this.playPlace = 0;
      this.playing = this.toPlay.length > 0;
    }
    return sample;
  }
}

registerProcessor("telephone-line", TelephoneLine);
