package dev.backplane.kernel.internal.journal;

import dev.backplane.kernel.internal.bay.VirtualFront;
import java.util.List;

/** What a journal sees of its machine between two turns. */
public interface TurnView {
    /** The turn that is about to begin, from 0. */
    long turn();

    /** Instructions executed so far, by all vCPUs. */
    long instructions();

    /** The consoles. */
    List<VirtualFront> consoles();

    /** Registers and code of the vCPU that ran last, for people; empty where it tells nothing. */
    String report();

    /** The hash of vCPUs, memory and board at this moment. */
    byte[] hash();
}
