package dev.backplane.api.part;

/** Thrown to a part that calls its context after it was closed or fenced. There is nothing to do but to return. */
public final class RevokedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /**
     * A call that came too late.
     *
     * @param part the part's identifier
     */
    public RevokedException(String part) {
        super(part + ": this generation of the part has been replaced or closed");
    }
}
