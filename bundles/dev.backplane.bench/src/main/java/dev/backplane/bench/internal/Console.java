package dev.backplane.bench.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a guest writes, byte by byte as it comes, and takes a time at each mark: {@code [} where a pass begins, {@code ]} where it
 * ends. The guest waits for an answer to each. Lines that are none of ours are passed over.
 */
final class Console {
    /** Behind it, the guest's program runs. */
    private static final String BEGIN = "bench 1";

    private static final String END = "end";
    /** A line up to one of its marks. */
    private static final Pattern MARK = Pattern.compile("[a-z-]+ \\d{1,6} \\d{1,9} \\[]?");

    private static final Pattern PASS =
            Pattern.compile("([a-z-]+) (\\d{1,6}) (\\d{1,9}) \\[] ([0-9a-f]{16}(?: differs)?)");
    private static final int LONGEST_LINE = 1000;
    private static final int LAST_LINES = 5;

    private final Supplier<Span> now;
    private final StringBuilder line = new StringBuilder();
    private final List<Pass> passes = new ArrayList<>();
    private final List<String> last = new ArrayList<>();
    private @Nullable Span opened;
    private @Nullable Span closed;
    private @Nullable Span begun;
    private boolean ended;

    /** {@code now}: the clocks. */
    Console(Supplier<Span> now) {
        this.now = now;
    }

    /** Takes what has come. True: the guest has made a mark and waits. */
    boolean accept(byte[] bytes, int count) {
        Span time = now.get();
        boolean marked = false;
        for (int i = 0; i < count; i++) {
            char c = (char) (bytes[i] & 0x7F);
            if (c == '\n') {
                line(line.toString().strip(), time);
                line.setLength(0);
            } else if (line.length() < LONGEST_LINE) {
                line.append(c);
                marked |= (c == '[' || c == ']') && mark(c, time);
            }
        }
        return marked;
    }

    private boolean mark(char bracket, Span time) {
        if (!MARK.matcher(line).matches()) {
            return false;
        }
        if (bracket == '[') {
            opened = time;
        } else {
            closed = time;
        }
        return true;
    }

    private void line(String text, Span time) {
        Matcher pass = PASS.matcher(text);
        if (text.endsWith(BEGIN)) {
            begun = time;
        } else if (text.equals(END)) {
            ended = true;
        } else if (pass.matches() && opened != null && closed != null) {
            passes.add(new Pass(
                    pass.group(1),
                    Integer.parseInt(pass.group(2)),
                    Integer.parseInt(pass.group(3)),
                    closed.since(opened),
                    pass.group(4)));
        } else if (!text.isEmpty()) {
            last.add(text);
            if (last.size() > LAST_LINES) {
                last.removeFirst();
            }
        }
    }

    /** In the order in which they ended. */
    List<Pass> passes() {
        return passes;
    }

    /** When the guest's program began, if it did. */
    @Nullable
    Span begun() {
        return begun;
    }

    /** The guest's program came to its end. */
    boolean ended() {
        return ended;
    }

    /** The latest lines that are none of ours, for a message. */
    List<String> lastLines() {
        return last;
    }
}
