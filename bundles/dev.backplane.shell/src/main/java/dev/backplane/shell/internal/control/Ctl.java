package dev.backplane.shell.internal.control;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code backplane ctl}: hands a command line to the process that serves, and shows what comes of it. A program of its own, which starts
 * without a framework; the start script calls it.
 */
public final class Ctl {
    /** Columns and rows of the terminal on standard input; the start script sets it where there is one. */
    private static final String TERMINAL_PROPERTY = "backplane.terminal";

    private static final String STATE_PROPERTY = "backplane.state";
    private static final int FAILED = 1;
    private static final int MISUSED = 2;
    private static final long LOOK_EVERY_MILLIS = 250;

    private static final String USAGE = """
            Usage: backplane ctl [--json] [--socket PATH] [COMMAND...]
            Have the process of 'backplane serve' carry out a command of Backplane's shell.

              COMMAND         One word that is a whole line, or its words; none: a session, with line editing on a
                                terminal, else of the lines on standard input. 'help' lists the commands.
              --json          Answer with JSON.
              --socket PATH   Where the process serves, unless at $XDG_RUNTIME_DIR/backplane/control.sock.

            Exit status: the command's: 0 when it succeeded, 1 when it failed, 2 when it was not understood.

            Examples:
              backplane ctl vm define web1.yaml
              backplane ctl 'vm start web1; vm console web1'
              backplane ctl --json vm list
            """;

    private final PrintStream out;
    private final PrintStream err;
    private boolean json;
    private @Nullable Path socket;
    private List<String> words = List.of();

    private Ctl(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Ends the process with the command's status. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    /** The same without ending the process. */
    static int run(String[] arguments, PrintStream out, PrintStream err) {
        Ctl ctl = new Ctl(out, err);
        try {
            return ctl.parse(arguments) ? ctl.call() : 0;
        } catch (IllegalArgumentException e) {
            ctl.say(e.getMessage() + "; 'backplane ctl --help' explains what can be typed");
            return MISUSED;
        } catch (IOException e) {
            ctl.say(e.getMessage());
            return FAILED;
        }
    }

    /** False where help was all that was asked for. Options end where the command begins. */
    private boolean parse(String[] arguments) {
        int at = 0;
        while (at < arguments.length && arguments[at].startsWith("-")) {
            String option = arguments[at++];
            if (option.equals("--")) {
                break;
            }
            switch (option) {
                case "-h", "--help" -> {
                    out.print(USAGE);
                    out.flush();
                    return false;
                }
                case "--json" -> json = true;
                case "--debug" -> {}
                case "--socket" -> {
                    if (at == arguments.length) {
                        throw new IllegalArgumentException("--socket: a path was expected");
                    }
                    socket = Path.of(arguments[at++]);
                }
                default -> {
                    if (!option.startsWith("--socket=")) {
                        throw new IllegalArgumentException("unknown option '" + option + "'");
                    }
                    socket = Path.of(option.substring("--socket=".length()));
                }
            }
        }
        words = new ArrayList<>(Arrays.asList(arguments).subList(at, arguments.length));
        return true;
    }

    private int call() throws IOException {
        Path path = socket == null ? ControlPath.standard(Path.of(System.getProperty(STATE_PROPERTY, "."))) : socket;
        try (SocketChannel channel = connect(path)) {
            int[] size = size();
            new Request(
                            json,
                            size.length > 0,
                            size.length > 0 ? size[0] : 0,
                            size.length > 0 ? size[1] : 0,
                            System.getenv().getOrDefault("TERM", ""),
                            Path.of("").toAbsolutePath().toString(),
                            words)
                    .frame()
                    .write(channel);
            return show(channel, size.length > 0);
        }
    }

    private static SocketChannel connect(Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            return channel;
        } catch (IOException e) {
            channel.close();
            boolean denied = e instanceof AccessDeniedException
                    || String.valueOf(e.getMessage()).contains("denied");
            throw new IOException(
                    denied
                            ? path + ": permission denied: it belongs to another user"
                            : "nobody serves at " + path + " (" + e.getMessage()
                                    + "): 'backplane serve' does; --socket names another path",
                    e);
        }
    }

    /** Columns and rows; empty where standard input is no terminal. */
    private static int[] size() {
        String size = System.getProperty(TERMINAL_PROPERTY, "");
        return size.matches("[0-9]{1,5} [0-9]{1,5}")
                ? Arrays.stream(size.split(" ")).mapToInt(Integer::parseInt).toArray()
                : new int[0];
    }

    private int show(SocketChannel channel, boolean isTerminal) throws IOException {
        OutputStream shown = new FileOutputStream(FileDescriptor.out);
        @Nullable Terminal terminal = null;
        try {
            for (Frame frame = Frame.read(channel); frame != null; frame = Frame.read(channel)) {
                switch (frame.kind()) {
                    case OUTPUT -> shown.write(frame.bytes());
                    case ERRORS -> {
                        err.write(frame.bytes(), 0, frame.bytes().length);
                        err.flush();
                    }
                    case KEYS -> {
                        terminal = isTerminal ? Terminal.raw() : null;
                        type(channel, terminal);
                    }
                    case STATUS -> {
                        return Integer.parseInt(frame.text());
                    }
                    default -> throw new IOException("a server sends no " + frame.kind());
                }
            }
            throw new IOException("the process that serves has ended before the command had");
        } finally {
            if (terminal != null) {
                terminal.close();
            }
        }
    }

    /** Hands over what is typed, on threads that end with this process. */
    private static void type(SocketChannel channel, @Nullable Terminal terminal) {
        Thread.ofPlatform().daemon().name("keys").start(() -> {
            // What is read is sent at once.
            try (InputStream in = new FileInputStream(FileDescriptor.in)) {
                byte[] piece = new byte[4096];
                for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                    send(channel, new Frame(Frame.Kind.INPUT, Arrays.copyOf(piece, count)));
                }
                send(channel, new Frame(Frame.Kind.END, new byte[0]));
            } catch (IOException e) {
                // Nobody wants them any more.
            }
        });
        if (terminal != null) {
            Thread.ofPlatform().daemon().name("window").start(() -> watch(channel, terminal));
        }
    }

    private static void watch(SocketChannel channel, Terminal terminal) {
        String told = "";
        try {
            while (true) {
                String size = terminal.size();
                if (!size.equals(told)) {
                    told = size;
                    send(channel, Frame.of(Frame.Kind.SIZE, size));
                }
                Thread.sleep(LOOK_EVERY_MILLIS);
            }
        } catch (IOException | InterruptedException e) {
            // The end.
        }
    }

    private static void send(SocketChannel channel, Frame frame) throws IOException {
        synchronized (channel) {
            frame.write(channel);
        }
    }

    private void say(String line) {
        err.println("backplane: " + line);
        err.flush();
    }
}
