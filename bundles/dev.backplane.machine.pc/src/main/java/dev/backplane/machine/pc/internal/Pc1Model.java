package dev.backplane.machine.pc.internal;

import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.machine.MachineModel;
import dev.backplane.api.machine.MachineType;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/** The board {@code pc-1}. */
@Component
@MachineType("pc-1")
public final class Pc1Model implements MachineModel {
    @Override
    public List<RamRange> memoryMap(long memoryBytes) throws ConfigurationException {
        return MemoryMap.ram(memoryBytes);
    }

    @Override
    public Board create(MachineContext context) throws ConfigurationException {
        return new PcBoard(context);
    }
}
