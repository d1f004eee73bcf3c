package dev.backplane.shell.internal.terminal;

/**
 * Finds the escape keys among what is typed: Ctrl-A and a letter, as users of other monitors expect. Bytes between them are
 * handed on in the pieces in which they came, without a copy. The keyboard's thread only.
 */
final class EscapeKeys {
    private static final byte CTRL_A = 1;
    private static final byte[] ONE_CTRL_A = {CTRL_A};

    private final Handler handler;
    private boolean escaped;

    /** What is typed, taken apart. */
    interface Handler {
        /** Bytes for the stream in front; valid during the call. */
        void typed(byte[] bytes, int offset, int length);

        /** Ctrl-A x. */
        void quit();

        /** Ctrl-A c. */
        void next();

        /** Ctrl-A h. */
        void help();
    }

    EscapeKeys(Handler handler) {
        this.handler = handler;
    }

    void accept(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int begin = offset;
        for (int i = offset; i < end; i++) {
            if (escaped) {
                escaped = false;
                begin = i + 1;
                command(bytes[i]);
            } else if (bytes[i] == CTRL_A) {
                escaped = true;
                typed(bytes, begin, i);
                begin = end;
            }
        }
        typed(bytes, begin, end);
    }

    private void typed(byte[] bytes, int begin, int end) {
        if (begin < end) {
            handler.typed(bytes, begin, end - begin);
        }
    }

    /** A letter that means nothing is swallowed with its Ctrl-A. */
    private void command(byte key) {
        switch (key) {
            case 'x', 'X' -> handler.quit();
            case 'c', 'C' -> handler.next();
            case 'h', 'H', '?' -> handler.help();
            case 'a', 'A', CTRL_A -> handler.typed(ONE_CTRL_A, 0, 1);
            default -> {}
        }
    }
}
