package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.Vcpu;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whose turn it is on virtual time: in a circle, without those that are halted. Of the thread that runs them, but for {@link #vcpus}. */
final class TurnOrder {
    /** Nobody's: all are halted. */
    static final int NONE = -1;

    private final List<CountedVcpu> vcpus;
    private final boolean[] halted;
    private int last;

    /** All want to run, the first first. */
    TurnOrder(List<CountedVcpu> vcpus) {
        this.vcpus = List.copyOf(vcpus);
        halted = new boolean[vcpus.size()];
        last = vcpus.size() - 1;
    }

    /** By number. */
    List<CountedVcpu> vcpus() {
        return vcpus;
    }

    CountedVcpu vcpu(int index) {
        return vcpus.get(index);
    }

    /** Who has had the last turn, or would have. */
    @Nullable
    Vcpu last() {
        return last < 0 ? null : vcpus.get(last);
    }

    /** Who goes on. */
    int next() {
        for (int i = 1; i <= halted.length; i++) {
            int index = (last + i) % halted.length;
            if (!halted[index] || vcpus.get(index).runnable()) {
                return index;
            }
        }
        return NONE;
    }

    /** It has its turn, and nothing says that it is halted. */
    void runs(int index) {
        halted[index] = false;
    }

    void halts(int index) {
        halted[index] = true;
    }

    /** It has had its turn. */
    void had(int index) {
        last = index;
    }
}
