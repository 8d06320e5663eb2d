"""Random faults while robots play whole studies, and what clients were told against what is there: `make faults`."""
