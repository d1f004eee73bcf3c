package dev.backplane.x86.vcpu;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Cpu;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What executes the instructions of one vCPU. On the vCPU's thread, but for {@link #statistics}; a debugger's single steps go to the
 * interpreter whatever this is. A vCPU's runs are all counted or all not.
 */
public interface Execution extends AutoCloseable {
    /** Executes until there is a reason to stop, as {@link Engine#run()} does. */
    Stop run();

    /** The same on virtual time, as {@link Engine#runCounted} does: exactly to a count, which {@link Engine#lowerLimit} lowers. */
    Stop runCounted(long limit);

    /** Whether every instruction that it executes counts in {@code Cpu.instructions}. */
    default boolean counts() {
        return true;
    }

    /** Whether it translates blocks, and tells a tracer of them. */
    default boolean translates() {
        return false;
    }

    /** Counters of its own, by name. Any thread; figures may be a moment old. */
    default Map<String, Long> statistics() {
        return Map.of();
    }

    /** Gives its resources back. The vCPU does not run any more. */
    @Override
    default void close() {}

    /** How a backend makes them. */
    @FunctionalInterface
    interface Maker {
        /**
         * Makes one.
         *
         * @param cpu the registers and memory of the vCPU
         * @param interpreter its interpreter
         * @param decoders makes decoders for its CPU model
         * @return what executes its instructions
         */
        Execution make(Cpu cpu, Engine interpreter, Supplier<Decoder> decoders);
    }

    /** Nothing but the interpreter. */
    static Execution interpreted(Cpu cpu, Engine interpreter, Supplier<Decoder> decoders) {
        return new Execution() {
            @Override
            public Stop run() {
                return interpreter.run();
            }

            @Override
            public Stop runCounted(long limit) {
                return interpreter.runCounted(limit);
            }
        };
    }
}
