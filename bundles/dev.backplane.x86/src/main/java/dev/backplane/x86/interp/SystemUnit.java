package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;

/** What the engine needs of the system half: delivery of exceptions and interrupts. Called on the vCPU's thread, between instructions. */
public interface SystemUnit {
    /**
     * Delivers the exception in {@code c.faultVector}, {@code c.faultError} through the IDT; {@code c.rip} points at the instruction
     * that raised it. Double faults are its business. Returns false on a triple fault: the processor shuts down.
     */
    boolean deliverException(Cpu c);

    /** Delivers an external interrupt. {@code c.rip} is where the handler will return to. False: triple fault. */
    boolean deliverInterrupt(Cpu c, int vector);

    /** Delivers an NMI and sets {@code c.nmiMasked}. False: triple fault. */
    boolean deliverNmi(Cpu c);

    /** Delivers the single-step trap (#DB with DR6.BS) after an instruction that began with TF set. False: triple fault. */
    boolean deliverSingleStep(Cpu c);
}
