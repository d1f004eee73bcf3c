package dev.backplane.shell.internal.control;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The terminal on the client's standard input, raw until this is closed. By the JDK's linker: the client has no library with it, and binds
 * nothing before it needs a terminal.
 */
@SuppressWarnings("restricted")
final class Terminal implements AutoCloseable {
    private static final int STANDARD_INPUT = 0;
    private static final int TCSADRAIN = 1;
    private static final long TIOCGWINSZ = 0x5413;

    /** More than a {@code struct termios} has on any Linux. */
    private static final int TERMIOS_BYTES = 256;

    private static final int WINSIZE_BYTES = 8;

    private final Linker linker = Linker.nativeLinker();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment before = arena.allocate(TERMIOS_BYTES, 8);
    private final MemorySegment window = arena.allocate(WINSIZE_BYTES, 8);
    private final MethodHandle tcsetattr = function("tcsetattr", ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    private final MethodHandle ioctl = linker.downcallHandle(
            linker.defaultLookup().findOrThrow("ioctl"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private final Thread hook = new Thread(this::restore, "terminal restorer");

    private Terminal() {}

    private MethodHandle function(String name, ValueLayout second, ValueLayout third) {
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, second, third));
    }

    /** Has every key arrive at once and unechoed. */
    static Terminal raw() throws IOException {
        Terminal terminal = new Terminal();
        terminal.makeRaw();
        return terminal;
    }

    private void makeRaw() throws IOException {
        MethodHandle tcgetattr = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("tcgetattr"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        MethodHandle cfmakeraw = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("cfmakeraw"), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
        try {
            MemorySegment raw = arena.allocate(TERMIOS_BYTES, 8);
            if ((int) tcgetattr.invokeExact(STANDARD_INPUT, before) != 0) {
                throw new IOException("the terminal's mode cannot be read");
            }
            raw.copyFrom(before);
            cfmakeraw.invokeExact(raw);
            Runtime.getRuntime().addShutdownHook(hook);
            if ((int) tcsetattr.invokeExact(STANDARD_INPUT, TCSADRAIN, raw) != 0) {
                throw new IOException("the terminal's mode cannot be set");
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Columns and rows, with a space between. The window's thread. */
    String size() throws IOException {
        try {
            if ((int) ioctl.invokeExact(STANDARD_INPUT, TIOCGWINSZ, window) != 0) {
                throw new IOException("the terminal's size cannot be read");
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        int rows = Short.toUnsignedInt(window.get(ValueLayout.JAVA_SHORT, 0));
        int columns = Short.toUnsignedInt(window.get(ValueLayout.JAVA_SHORT, 2));
        return columns + " " + rows;
    }

    private void restore() {
        try {
            int failed = (int) tcsetattr.invokeExact(STANDARD_INPUT, TCSADRAIN, before);
            if (failed != 0) {
                // It is gone: there is nobody to tell.
                return;
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** The memory lives on with the process, since its threads may still look. */
    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, the hook has run or will.
        }
    }
}
