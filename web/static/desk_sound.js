/** Sounds of the desk: short tones, made by the browser. */

export class Chime {
  /** @type {AudioContext|null} */ #audio = null;

  constructor() {
    // A browser lets a page make a sound only after somebody touched it.
    document.addEventListener("pointerdown", () => this.#prepare(), { once: true });
    document.addEventListener("keydown", () => this.#prepare(), { once: true });
  }

  /** @param {number[]} pitches in hertz, one after the other */
  play(pitches) {
    const audio = this.#audio;
    if (!audio) return;
    pitches.forEach((pitch, place) => {
      const start = audio.currentTime + place * 0.25;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      volume.gain.value = 0.2;
      tone.frequency.value = pitch;
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.2);
    });
  }

  #prepare() {
    this.#audio ??= new AudioContext();
  }
}
