package dev.backplane.gdb.internal;

import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.RunMode;
import dev.backplane.api.debug.StopPoint;
import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with one gdb about one machine (gdb manual, appendix E), all-stop: everything stands while gdb is asked. On a
 * thread of its own, which takes what gdb sends and what happens to the machine in one order.
 */
final class Conversation implements DebugListener {
    private static final String OK = "OK";
    private static final String UNKNOWN = "";
    private static final String ERROR = "E01";
    private static final String NO_MEMORY = "E0e";

    private static final int INTERRUPTED = 2;
    private static final int TRAP = 5;
    private static final int ABORTED = 6;

    private final Vm vm;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Set<StopPoint> points = new LinkedHashSet<>();
    private @Nullable VmDebugger debugger;
    private @Nullable Packets packets;
    private @Nullable Threads threads;
    private @Nullable RegisterView view;
    private Event.Stopped last = new Event.Stopped(0, DebugStop.of(DebugStop.Cause.ASKED));
    private boolean running;
    private boolean over;
    private boolean tellsBreakpoints;

    Conversation(Vm vm) {
        this.vm = vm;
    }

    /** Attaches to the machine. */
    void attach() throws VmException {
        debugger = vm.debugger(this);
    }

    /** Has the machine stand before its first instruction, or stops it. */
    void stop() throws VmException {
        debugger().stop();
    }

    /** Lets go of the machine, which goes on. Any thread. */
    void detach() {
        VmDebugger attached = debugger;
        if (attached != null) {
            attached.close();
        }
        events.add(new Event.Closed());
    }

    @Override
    public void stopped(int vcpu, DebugStop stop) {
        events.add(new Event.Stopped(vcpu, stop));
    }

    @Override
    public void ended(Vm.Outcome outcome) {
        events.add(new Event.Ended(outcome));
    }

    private VmDebugger debugger() {
        return Objects.requireNonNull(debugger, "attached first");
    }

    private Packets packets() {
        return Objects.requireNonNull(packets, "connected first");
    }

    private Threads threads() {
        return Objects.requireNonNull(threads, "connected first");
    }

    private RegisterView view() {
        return Objects.requireNonNull(view, "connected first");
    }

    /** Talks until one of both sides, or the machine, has had enough. */
    void talk(Packets stream) throws IOException, VmException, InterruptedException {
        packets = stream;
        debugger().stop();
        threads = new Threads(debugger().vcpus());
        view = new RegisterView(debugger());
        // A machine that has not been started has no registers yet.
        switch (events.take()) {
            case Event.Stopped stopped -> stopped(stopped);
            default -> over = true;
        }
        Thread.ofVirtual().name("gdb reader").start(() -> receive(stream));
        while (!over) {
            switch (events.take()) {
                case Event.Received(String data) -> received(data);
                case Event.Stopped stopped -> stopped(stopped);
                case Event.Ended(Vm.Outcome outcome) -> {
                    if (running) {
                        stream.write("W%02x".formatted(outcome.status() & 0xff));
                    }
                    over = true;
                }
                case Event.Closed() -> over = true;
            }
        }
    }

    private void receive(Packets stream) {
        try {
            while (true) {
                events.add(new Event.Received(stream.read()));
            }
        } catch (IOException | UncheckedIOException e) {
            events.add(new Event.Closed());
        }
    }

    private void stopped(Event.Stopped now) throws IOException {
        last = now;
        if (running) {
            running = false;
            threads().current(now.vcpu());
            if (now.why().cause() == DebugStop.Cause.SHUTDOWN) {
                packets()
                        .write("O"
                                + Hex.ofText("Backplane: triple fault of vCPU " + now.vcpu()
                                        + "; to continue is to reset the machine\n"));
            }
            packets().write(reply(now));
        }
    }

    private void received(String data) throws IOException {
        if (data.equals(Packets.INTERRUPT)) {
            if (running) {
                try {
                    debugger().stop();
                } catch (VmException e) {
                    // It is about to end, and tells.
                }
            }
            return;
        }
        String answer;
        try {
            answer = answer(data);
        } catch (VmException | IllegalArgumentException | IndexOutOfBoundsException e) {
            answer = ERROR;
        }
        if (answer != null) {
            packets().write(answer);
            if (data.equals("QStartNoAckMode")) {
                packets().withoutAcknowledgement();
            }
        }
    }

    /** The answer to a packet; null where it comes later or never. */
    private @Nullable String answer(String data) throws VmException {
        if (data.isEmpty()) {
            return UNKNOWN;
        }
        String rest = data.substring(1);
        return switch (data.charAt(0)) {
            case '?' -> reply(last);
            case 'g' -> view().readAll(threads().current());
            case 'G' -> view().writeAll(threads().current(), rest);
            case 'p' -> view().read(threads().current(), (int) Hex.number(rest));
            case 'P' -> {
                String[] parts = rest.split("=");
                yield view().write(threads().current(), (int) Hex.number(parts[0]), parts[1]);
            }
            case 'm' -> readMemory(rest);
            case 'M' -> writeMemory(rest, true);
            case 'X' -> writeMemory(rest, false);
            case 'Z' -> point(rest, true);
            case 'z' -> point(rest, false);
            case 'H' -> {
                threads().select(rest);
                yield OK;
            }
            case 'T' -> {
                threads().parse(rest);
                yield OK;
            }
            case 'c', 'C' -> go(threads().all(false));
            case 's', 'S' -> go(threads().all(true));
            case 'D' -> {
                over = true;
                yield OK;
            }
            case 'k' -> {
                kill();
                yield null;
            }
            case 'q', 'Q' -> query(data);
            case 'v' -> verbose(data);
            default -> UNKNOWN;
        };
    }

    private @Nullable String verbose(String data) throws VmException {
        if (data.equals("vCont?")) {
            return "vCont;c;C;s;S";
        }
        if (data.startsWith("vCont;")) {
            List<RunMode> modes = threads().actions(data.substring("vCont;".length()));
            return modes == null ? ERROR : go(modes);
        }
        if (data.startsWith("vKill")) {
            kill();
            return OK;
        }
        return UNKNOWN;
    }

    private @Nullable String go(List<RunMode> modes) throws VmException {
        view().forget();
        running = true;
        try {
            debugger().proceed(modes);
        } catch (VmException e) {
            running = false;
            throw e;
        }
        return null;
    }

    private void kill() {
        over = true;
        vm.kill("killed by gdb");
    }

    private String query(String data) throws VmException {
        if (data.startsWith("qSupported")) {
            tellsBreakpoints = data.contains("swbreak+") && data.contains("hwbreak+");
            return "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+%s"
                    .formatted(Packets.MAX_BYTES, tellsBreakpoints ? ";swbreak+;hwbreak+" : "");
        }
        if (data.startsWith("qXfer:features:read:target.xml:")) {
            return piece(view().description(), data.substring(data.lastIndexOf(':') + 1));
        }
        if (data.startsWith("qThreadExtraInfo,")) {
            int vcpu = threads().parse(data.substring(data.indexOf(',') + 1));
            return Hex.ofText(view().describe(vcpu));
        }
        if (data.startsWith("qRcmd,")) {
            return Hex.ofText(
                    monitor(Hex.text(data.substring(data.indexOf(',') + 1)).strip()));
        }
        return switch (data) {
            case "QStartNoAckMode" -> OK;
            case "qfThreadInfo" -> threads().list();
            case "qsThreadInfo" -> "l";
            case "qC" -> "QC" + Threads.id(threads().current());
            case "qAttached" -> "1";
            case "qSymbol::" -> OK;
            default -> UNKNOWN;
        };
    }

    /** What follows {@code monitor}. */
    private String monitor(String command) {
        return switch (command) {
            case "stats" -> vm.statistics() + "\n";
            case "bays" ->
                String.join("\n", vm.bays().stream().map(Vm.BayInfo::toString).toList()) + "\n";
            default -> "monitor stats   counters of the machine\nmonitor bays    its parts\n";
        };
    }

    private static String piece(String text, String range) {
        int comma = range.indexOf(',');
        int from = (int) Math.min(Hex.number(range.substring(0, comma)), text.length());
        int to = (int) Math.min(
                from + Math.min(Hex.number(range.substring(comma + 1)), Packets.MAX_BYTES), text.length());
        return (to == text.length() ? "l" : "m") + text.substring(from, to);
    }

    private String readMemory(String range) throws VmException {
        int comma = range.indexOf(',');
        long address = Hex.number(range.substring(0, comma));
        int length = (int) Math.min(Hex.number(range.substring(comma + 1)), Packets.MAX_BYTES / 2);
        byte[] bytes = new byte[length];
        int read = debugger().read(threads().current(), address, bytes);
        return read == 0 && length > 0 ? NO_MEMORY : Hex.of(Arrays.copyOf(bytes, read));
    }

    private String writeMemory(String data, boolean hexadecimal) throws VmException {
        int comma = data.indexOf(',');
        int colon = data.indexOf(':');
        long address = Hex.number(data.substring(0, comma));
        String content = data.substring(colon + 1);
        byte[] bytes = hexadecimal ? Hex.bytes(content) : content.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length != Hex.number(data.substring(comma + 1, colon))) {
            return ERROR;
        }
        return debugger().write(threads().current(), address, bytes) == bytes.length ? OK : NO_MEMORY;
    }

    /** {@code Z0,ADDRESS,KIND} and the like. Software and hardware breakpoints are the same here: no guest sees either. */
    private String point(String text, boolean set) throws VmException {
        String[] parts = text.split("[,;]");
        StopPoint.Kind kind = switch (parts[0]) {
            case "0", "1" -> StopPoint.Kind.EXECUTE;
            case "2" -> StopPoint.Kind.WRITE;
            case "3" -> StopPoint.Kind.READ;
            case "4" -> StopPoint.Kind.ACCESS;
            default -> null;
        };
        if (kind == null) {
            return UNKNOWN;
        }
        long length = Hex.number(parts[2]);
        if (kind != StopPoint.Kind.EXECUTE && (length < 1 || length > 0x10000)) {
            return ERROR;
        }
        StopPoint point = new StopPoint(kind, Hex.number(parts[1]), kind == StopPoint.Kind.EXECUTE ? 1 : (int) length);
        if (set ? points.add(point) : points.remove(point)) {
            debugger().stopPoints(List.copyOf(points));
        }
        return OK;
    }

    private String reply(Event.Stopped now) {
        DebugStop why = now.why();
        int signal = switch (why.cause()) {
            case ASKED -> INTERRUPTED;
            case STEP, POINT -> TRAP;
            case SHUTDOWN -> ABORTED;
        };
        StringBuilder reply = new StringBuilder("T%02x".formatted(signal));
        why.point().ifPresent(point -> reply.append(reason(point, why.address())));
        return reply.append("thread:")
                .append(Threads.id(now.vcpu()))
                .append(';')
                .toString();
    }

    private String reason(StopPoint point, long address) {
        return switch (point.kind()) {
            case EXECUTE -> tellsBreakpoints ? "swbreak:;" : "";
            case WRITE -> "watch:%x;".formatted(address);
            case READ -> "rwatch:%x;".formatted(address);
            case ACCESS -> "awatch:%x;".formatted(address);
        };
    }
}
