# Fleet
