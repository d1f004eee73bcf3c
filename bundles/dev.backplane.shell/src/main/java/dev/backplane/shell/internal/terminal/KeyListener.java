package dev.backplane.shell.internal.terminal;

/** Told of the escape keys that are not the terminal's own business. Called on the keyboard's thread; must not block. */
public interface KeyListener {
    /** The user wants to leave. */
    void quit();

    /** The user wants Backplane's shell, which is not attached. */
    void shell();
}
