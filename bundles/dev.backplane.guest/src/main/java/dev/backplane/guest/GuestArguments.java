package dev.backplane.guest;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/**
 * What the guest's {@code /init} reads from the kernel command line.
 *
 * @param exec run the command from the image and send its output over the second serial port, instead of a shell on the
 *     console
 * @param rows the console's height in lines, 0 if not known
 * @param columns the console's width in characters, 0 if not known
 * @param terminal the console's terminal type as in {@code TERM}, empty if not known
 * @param root the disk to go on from, such as {@code /dev/vda}; empty to stay in the initramfs
 * @param page the address of a page that the guest can fetch, for its user to be told; empty for none
 */
public record GuestArguments(boolean exec, int rows, int columns, String terminal, String root, String page) {
    /** What a terminfo name is made of. Anything else would end the word on the kernel command line or worse. */
    private static final String TERMINAL = "[A-Za-z0-9+._-]{0,64}";

    private static final String DEVICE = "(/dev/[a-z0-9]{1,32})?";
    private static final String PAGE = "(http://[A-Za-z0-9:._/-]{1,200})?";

    /**
     * A size or a terminal that is out of range or malformed, as a foreign terminal may report it, is the same as not known.
     *
     * @throws IllegalArgumentException if the root is no device, or the page no address
     */
    public GuestArguments {
        rows = rows > 0 && rows <= 0xffff ? rows : 0;
        columns = columns > 0 && columns <= 0xffff ? columns : 0;
        terminal = terminal.matches(TERMINAL) ? terminal : "";
        if (!root.matches(DEVICE) || !page.matches(PAGE)) {
            throw new IllegalArgumentException("root '" + root + "', page '" + page + "'");
        }
    }

    /** In the initramfs, and without a page. */
    public GuestArguments(boolean exec, int rows, int columns, String terminal) {
        this(exec, rows, columns, terminal, "", "");
    }

    /** For {@link GuestMaker#addCommand}. */
    public static GuestArguments command() {
        return new GuestArguments(true, 0, 0, "");
    }

    /** For an interactive shell. */
    public static GuestArguments console(int rows, int columns, String terminal) {
        return new GuestArguments(false, rows, columns, terminal);
    }

    /** The same on a {@link DiskGuest}'s disk. */
    public GuestArguments on(String device) {
        return new GuestArguments(exec, rows, columns, terminal, device, page);
    }

    /** The same with a page to be fetched. */
    public GuestArguments withPage(String address) {
        return new GuestArguments(exec, rows, columns, terminal, root, address);
    }

    /** The words to add to the kernel command line, separated by spaces; may be empty. */
    public String words() {
        StringBuilder words = new StringBuilder();
        if (exec) {
            words.append(" backplane.exec");
        }
        if (rows > 0 && columns > 0) {
            words.append(" backplane.rows=").append(rows);
            words.append(" backplane.cols=").append(columns);
        }
        if (!terminal.isEmpty()) {
            words.append(" backplane.term=").append(terminal);
        }
        if (!root.isEmpty()) {
            words.append(" backplane.root=").append(root);
        }
        if (!page.isEmpty()) {
            words.append(" backplane.page=").append(page);
        }
        return words.toString().trim();
    }

    /** The words for a guest that waits, once it is ready, for what {@link #handOver} says. */
    public static String warmWords() {
        return "backplane.warm";
    }

    /**
     * What a guest that waits is told through its second serial port, when it goes on: what is of this one's own. It has said
     * {@code R 1} before.
     *
     * @param seed random bytes that nobody else has, up to 64
     * @param now the time
     * @param command a shell script, where this is {@link #exec()}
     * @return lines, the last one ends the waiting
     */
    public String handOver(byte[] seed, Instant now, Optional<String> command) {
        StringBuilder lines = new StringBuilder();
        lines.append("seed ").append(Base64.getEncoder().encodeToString(seed)).append('\n');
        lines.append("time ").append(now.getEpochSecond()).append('\n');
        if (rows > 0 && columns > 0) {
            lines.append("rows ").append(rows).append('\n');
            lines.append("cols ").append(columns).append('\n');
        }
        if (!terminal.isEmpty()) {
            lines.append("term ").append(terminal).append('\n');
        }
        command.ifPresent(script -> lines.append("command ")
                .append(Base64.getEncoder().encodeToString((script + "\n").getBytes(StandardCharsets.UTF_8)))
                .append('\n'));
        return lines.append("go\n").toString();
    }
}
