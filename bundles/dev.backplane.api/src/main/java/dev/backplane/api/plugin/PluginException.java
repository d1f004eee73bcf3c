package dev.backplane.api.plugin;

/** A change of plugins that was refused, or failed and was taken back. The message is one paragraph for people: why, and what to do. */
public final class PluginException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * With the paragraph.
     *
     * @param message why, what became of the old plugins, what to do
     */
    public PluginException(String message) {
        super(message);
    }
}
