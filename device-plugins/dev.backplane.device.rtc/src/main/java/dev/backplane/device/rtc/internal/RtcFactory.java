package dev.backplane.device.rtc.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Real-time clocks with their memory. */
@Component
@DeviceType("rtc-cmos")
public final class RtcFactory implements DeviceFactory<RtcOptions, RtcState> {
    static final String WINDOW = "registers";
    static final String INTERRUPT = "irq";

    @Override
    public Shape shape(RtcOptions options) {
        return Shape.empty()
                .withPorts(WINDOW, 0x70, 2)
                .withInterrupt(INTERRUPT, 8)
                .withAcpiId("PNP0B00");
    }

    @Override
    public Device<RtcState> create(RtcOptions options, DeviceContext context) {
        return RtcDevice.powerOn(context);
    }

    @Override
    public Device<RtcState> restore(RtcOptions options, DeviceContext context, RtcState state) throws StateException {
        return RtcDevice.restored(context, state.checked());
    }
}
