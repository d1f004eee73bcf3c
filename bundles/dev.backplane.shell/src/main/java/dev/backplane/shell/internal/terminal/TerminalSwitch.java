package dev.backplane.shell.internal.terminal;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ByteStream;
import dev.backplane.natives.terminal.Direction;
import dev.backplane.natives.terminal.HostTerminals;
import dev.backplane.natives.terminal.WindowSize;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Lends the terminal to one stream at a time. While a stream is attached, standard input is read, and raw where it is a
 * terminal; the escape keys choose the stream in front.
 *
 * <p>Two locks, taken in this order: this object's own for who is attached, {@code output} for the order of what is
 * written. Nothing of a stream is called while one is held.
 */
@Component(service = {HostTerminal.class, TerminalSwitch.class})
public final class TerminalSwitch implements HostTerminal {
    private static final String KEYS = """
            Ctrl-A x   end the machine and leave
            Ctrl-A c   switch between the guest's console and Backplane's shell
            Ctrl-A h   these keys
            Ctrl-A a   send Ctrl-A to the guest (also: Ctrl-A Ctrl-A)
            """;

    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    private final Host host;
    private final PrintStream messages;
    private final List<AttachedStream> streams = new CopyOnWriteArrayList<>();
    private final ReentrantLock output = new ReentrantLock();

    private volatile @Nullable Keyboard keyboard;
    private volatile @Nullable ByteStream out;
    private @Nullable RawMode raw;
    private volatile boolean interactive;
    private volatile @Nullable AttachedStream front;
    private volatile @Nullable AttachedStream shell;
    private volatile @Nullable KeyListener listener;
    private volatile @Nullable ConsoleHub hub;
    private volatile boolean rawNow;
    private byte lastWritten = '\n';
    /** The last size that the keyboard's thread saw. */
    private volatile TerminalSize seen = TerminalSize.UNKNOWN;

    /** For Declarative Services. Nothing of the host is touched before the first stream is attached. */
    @Activate
    public TerminalSwitch(@Reference Host host) {
        this(host, System.err);
    }

    /** With another place for messages than standard error. */
    public TerminalSwitch(Host host, PrintStream messages) {
        this.host = host;
        this.messages = messages;
    }

    /** Names who is told of the escape keys, null for nobody. */
    public void listen(@Nullable KeyListener newListener) {
        listener = newListener;
    }

    /** From now on consoles are attached there: nobody sits at this process's own terminal. */
    public void serve(ConsoleHub consoles) {
        hub = consoles;
    }

    /** Where consoles are attached instead, if they are. */
    public Optional<ConsoleHub> served() {
        return Optional.ofNullable(hub);
    }

    @Override
    public Attachment attach(String vm, String console, Input input) throws IOException {
        ConsoleHub consoles = hub;
        return consoles == null ? attach(vm + ": " + console, input) : consoles.attach(vm, console, input);
    }

    @Override
    public TerminalSize size() {
        try {
            if (isTerminal()) {
                WindowSize size = host.terminals().windowSize(HostTerminals.STANDARD_INPUT);
                return new TerminalSize(size.columns(), size.rows());
            }
        } catch (HostException e) {
            // It is gone.
        }
        return TerminalSize.UNKNOWN;
    }

    /** Whether keys are typed here, and not bytes piped in. */
    public boolean isTerminal() {
        return host.terminals().isTerminal(HostTerminals.STANDARD_INPUT);
    }

    /** The keys, one per line. */
    public static String keys() {
        return KEYS;
    }

    /** Prints a line on standard error, below what the guest has written. Any thread. */
    public void message(String line) {
        output.lock();
        try {
            String text = line.endsWith("\n") ? line : line + "\n";
            if (rawNow) {
                text = (lastWritten == '\n' ? "" : "\n") + text;
                text = text.replace("\n", "\r\n");
                lastWritten = '\n';
            }
            messages.print(text);
            messages.flush();
        } finally {
            output.unlock();
        }
    }

    @Override
    public Attachment attach(String name, Input input) throws IOException {
        AttachedStream stream = new AttachedStream(this, name, input);
        // A console that comes back must not take the keyboard from who works in the shell.
        add(stream, front == null || front != shell);
        return stream;
    }

    /** Attaches Backplane's shell and brings it to the front. */
    public Attachment attachShell(Input input) throws IOException {
        AttachedStream stream = new AttachedStream(this, "Backplane's shell", input);
        shell = stream;
        add(stream, true);
        return stream;
    }

    private synchronized void add(AttachedStream stream, boolean inFront) throws IOException {
        if (streams.isEmpty()) {
            open();
        }
        streams.add(stream);
        if (inFront) {
            bringToFront(stream);
        }
    }

    private void open() throws IOException {
        HostTerminals terminals = host.terminals();
        interactive = terminals.isTerminal(HostTerminals.STANDARD_INPUT);
        out = terminals.stream(HostTerminals.STANDARD_OUTPUT, Direction.OUTPUT);
        ByteStream in = terminals.stream(HostTerminals.STANDARD_INPUT, Direction.INPUT);
        if (interactive) {
            raw = RawMode.enter(terminals);
            rawNow = true;
            EscapeKeys keys = new EscapeKeys(new Keys());
            seen = size();
            keyboard = new Keyboard(in, LOOK_EVERY, keys::accept, this::deliver);
        } else {
            keyboard = new Keyboard(in, ByteStream.FOREVER, this::typed, this::deliver);
        }
    }

    /** Detaches a stream; the one attached before it comes to the front. */
    synchronized void detach(AttachedStream stream) {
        if (!streams.remove(stream)) {
            return;
        }
        if (shell == stream) {
            shell = null;
        }
        if (streams.isEmpty()) {
            front = null;
            restore();
        } else if (front == stream) {
            bringToFront(streams.getLast());
        }
    }

    /** For Declarative Services: whoever is still attached loses the terminal. */
    @Deactivate
    void close() {
        // First of all, since a writer that waits for a terminal that takes nothing holds the locks.
        closeOutput();
        synchronized (this) {
            streams.clear();
            front = null;
            restore();
        }
    }

    private void restore() {
        Keyboard reader = keyboard;
        if (reader != null) {
            keyboard = null;
            reader.close();
        }
        if (raw != null) {
            raw.close();
            raw = null;
            rawNow = false;
        }
        closeOutput();
    }

    private void closeOutput() {
        ByteStream stream = out;
        if (stream != null) {
            out = null;
            stream.close();
        }
    }

    private void bringToFront(AttachedStream stream) {
        output.lock();
        try {
            front = stream;
            stream.backlog().drainTo(this::writeFully);
        } catch (IOException e) {
            System.getLogger(TerminalSwitch.class.getName())
                    .log(System.Logger.Level.WARNING, "standard output: {0}", e.getMessage());
        } finally {
            output.unlock();
        }
        inputReady();
    }

    /** Writes where the stream is in front, keeps the bytes where it is not. */
    void write(AttachedStream stream, byte[] bytes, int offset, int length) throws IOException {
        output.lock();
        try {
            if (front == stream) {
                writeFully(bytes, offset, length);
            } else if (streams.contains(stream)) {
                stream.backlog().add(bytes, offset, length);
            } else {
                throw new IOException("'" + stream.name() + "' is not attached to the terminal any more");
            }
        } finally {
            output.unlock();
        }
    }

    private void writeFully(byte[] bytes, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            ByteStream stream = out;
            if (stream == null) {
                throw new IOException("the terminal was given back");
            }
            try {
                done += stream.write(bytes, offset + done, length - done, ByteStream.FOREVER);
            } catch (IllegalStateException e) {
                throw new IOException("the terminal was given back", e);
            }
        }
        if (length > 0) {
            lastWritten = bytes[offset + length - 1];
        }
    }

    /** A stream may have room again. */
    void inputReady() {
        Keyboard reader = keyboard;
        if (reader != null) {
            reader.poke();
        }
    }

    private void typed(byte[] bytes, int offset, int length) {
        AttachedStream stream = front;
        if (stream != null && !stream.type(bytes, offset, length)) {
            bell();
        }
    }

    /** Delivers what waits for room; true if more may be read from the keyboard. */
    private boolean deliver() {
        if (interactive) {
            look();
        }
        streams.forEach(AttachedStream::offerWaiting);
        AttachedStream stream = front;
        return interactive || stream == null || stream.offerWaiting();
    }

    /** Tells all of another size. A handler of SIGWINCH would belong to the whole process, and outlive us. */
    private void look() {
        TerminalSize now = size();
        if (!now.equals(seen)) {
            seen = now;
            streams.forEach(AttachedStream::resized);
        }
    }

    private void bell() {
        messages.print('\u0007');
        messages.flush();
    }

    /** The keyboard's thread. */
    private final class Keys implements EscapeKeys.Handler {
        @Override
        public void typed(byte[] bytes, int offset, int length) {
            TerminalSwitch.this.typed(bytes, offset, length);
        }

        @Override
        public void quit() {
            KeyListener told = listener;
            if (told != null) {
                told.quit();
            }
        }

        @Override
        public void next() {
            KeyListener told = listener;
            if (shell == null && told != null) {
                told.shell();
                return;
            }
            synchronized (TerminalSwitch.this) {
                if (streams.size() > 1) {
                    AttachedStream next = streams.get((streams.indexOf(front) + 1) % streams.size());
                    message("[" + next.name() + "]");
                    bringToFront(next);
                }
            }
        }

        @Override
        public void help() {
            message(KEYS);
        }
    }
}
