package io.openexec.execution;

/** What an action does to the world, as its file declares it. */
public enum Effect {
  /** Nothing: running it again is harmless. Recorded in one commit, after it ran. */
  PURE,
  /** Something: running it twice would be wrong. Reserved in a commit of its own before it runs. */
  EFFECTFUL
}
