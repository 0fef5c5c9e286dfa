function ConvertFrom-WireText {
    <#
    .SYNOPSIS
    Gives a text of the request as it was meant.
    .DESCRIPTION
    Texts travel behind an equals sign: PowerShell 7 turns a JSON string that looks like a date into a date.
    .PARAMETER Text
    The text with its sign.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Text)
    $Text.Substring(1)
}

function Stop-Step {
    <#
    .SYNOPSIS
    Fails with words and an id of our own.
    .PARAMETER Message
    The words.
    .PARAMETER ErrorId
    The id.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Message,
        [Parameter(Mandatory)] [string] $ErrorId
    )
    $exception = New-Object -TypeName System.InvalidOperationException -ArgumentList $Message
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception, $ErrorId, 'InvalidOperation', $null
    $PSCmdlet.ThrowTerminatingError($record)
}

function Write-PolicyFile {
    <#
    .SYNOPSIS
    Replaces a file of the local group policy object by rename.
    .DESCRIPTION
    Does nothing when the file already is as wanted, and fails when it is another than the one the
    new content was made of: what another editor wrote in between is not lost.
    .PARAMETER File
    registryPol or gptIni.
    .PARAMETER Before
    The hash of the file the content was made of; the empty text where there was none.
    .PARAMETER Content
    The new content, in base64.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('registryPol', 'gptIni')] [string] $File,
        [Parameter(Mandatory)] [AllowEmptyString()] [string] $Before,
        [Parameter(Mandatory)] [string] $Content
    )
    $path = Get-PolicyFilePath -File $File
    $bytes = [Convert]::FromBase64String($Content)
    $found = ''
    if ([IO.File]::Exists($path)) { $found = Get-TextHash -Bytes ([IO.File]::ReadAllBytes($path)) }
    if ($found -ceq (Get-TextHash -Bytes $bytes)) { return }
    if ($found -cne $Before) {
        Stop-Step -Message "$path was changed by somebody else in this moment." -ErrorId 'LocalPolicyMoved'
    }
    [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path)) | Out-Null
    $beside = "$path.$([Guid]::NewGuid().ToString('N')).tmp"
    try {
        [IO.File]::WriteAllBytes($beside, $bytes)
        for ($try = 1; ; $try++) {
            try {
                # Replace keeps the access rights of the file that was there.
                if ($found -ceq '') { [IO.File]::Move($beside, $path) }
                else { [IO.File]::Replace($beside, $path, [NullString]::Value) }
                return
            }
            catch [System.IO.IOException], [System.UnauthorizedAccessException] {
                # Policy processing reads the file now and then.
                if ($try -eq 10) { throw }
                Start-Sleep -Milliseconds 100
            }
        }
    }
    finally {
        if ([IO.File]::Exists($beside)) { [IO.File]::Delete($beside) }
    }
}

function Write-LivePolicy {
    <#
    .SYNOPSIS
    Removes and adds values of a policy in HKLM, and sets or removes its DWORDs.
    .DESCRIPTION
    A value is removed only while name and data are as asked. The key of all list policies stays even when it is
    empty: without it Enable-WSManCredSSP reports success before anything is live.
    .PARAMETER Step
    The step: key, list (null where the policy is none: then nothing is to remove or to add), remove, add, numbers.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Step)
    $root = "HKLM:\$($Step.key)"
    $path = "HKLM:\$($Step.list)"
    foreach ($value in $Step.remove) {
        $name = ConvertFrom-WireText -Text $value.name
        $data = Get-RegistryValue -Path $path -Name $name
        # -ceq would overlook characters that have no weight in any language.
        if ($data -is [string] -and [string]::Equals($data, (ConvertFrom-WireText -Text $value.data))) {
            Remove-ItemProperty -LiteralPath $path -Name $name
        }
    }
    foreach ($value in $Step.add) {
        $name = ConvertFrom-WireText -Text $value.name
        $data = ConvertFrom-WireText -Text $value.data
        $found = Get-RegistryValue -Path $path -Name $name
        if ($found -is [string] -and [string]::Equals($found, $data)) { continue }
        Add-RegistryKey -Path $path
        # Without -Force it fails on a name that is taken, so nothing of others is overwritten.
        New-ItemProperty -LiteralPath $path -Name $name -PropertyType String -Value $data | Out-Null
    }
    # After the values: a switch without them would allow or forbid something else for a moment.
    foreach ($number in $Step.numbers) {
        $found = Get-RegistryNumber -Path $root -Name $number.name
        if ($null -ne $number.value) {
            Add-RegistryKey -Path $root
            New-ItemProperty -LiteralPath $root -Name $number.name -PropertyType DWord -Value $number.value -Force | Out-Null
        }
        elseif ($null -ne $found) {
            Remove-ItemProperty -LiteralPath $root -Name $number.name
        }
    }
    if ($null -ne $Step.list) { Remove-EmptyRegistryKey -Path $path }
}

function Write-Policy {
    <#
    .SYNOPSIS
    Writes a policy to both stores.
    .DESCRIPTION
    Either both stores are written or none: what the second write would be refused for is looked at before the first.

    The order is Registry.pol, gpt.ini, HKLM, so that a crash in between leaves a state the next run converges from.
    A plan looks at HKLM first: while HKLM is not done, the step is planned again. Were HKLM written first, a crash
    would leave entries that look done and that no policy file backs, and a removed entry would return with the next
    pass. gpt.ini comes after Registry.pol: its version starts a pass, which must find the new content.
    .PARAMETER Step
    The step: files in their order, and what Write-LivePolicy needs; or, in their place, why it cannot be done (refused).
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Step)
    if ($null -ne $Step.refused) {
        Stop-Step -Message (ConvertFrom-WireText -Text $Step.refused) -ErrorId 'LocalPolicyUnreadable'
    }
    if (-not (Test-Elevation)) {
        Stop-Step -Message 'Access is denied. Policy is written from an elevated session only.' -ErrorId 'NotElevated'
    }
    foreach ($file in $Step.files) {
        Write-PolicyFile -File $file.file -Before $file.before -Content $file.content
    }
    Write-LivePolicy -Step $Step
}

function Start-RemoteManagement {
    <#
    .SYNOPSIS
    Starts the WinRM service. A disabled one is set to start by itself first.
    .DESCRIPTION
    Without elevation it fails also where the service runs: whether a step may be done never depends on whether it is
    needed.
    #>
    [CmdletBinding()]
    param()
    if (-not (Test-Elevation)) {
        Stop-Step -Message 'Access is denied. Services are started from an elevated session only.' -ErrorId 'NotElevated'
    }
    $winrm = Get-ServiceReading
    if ($winrm.startType -eq 'Disabled') { Set-Service -Name WinRM -StartupType Automatic }
    if ($winrm.status -ne 'Running') { Start-Service -Name WinRM }
}

function Write-Ledger {
    <#
    .SYNOPSIS
    Writes the ledger, or removes it.
    .PARAMETER Path
    The ledger's key.
    .PARAMETER Text
    The ledger's text; empty: the ledger goes, and its key with it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [AllowEmptyString()] [string] $Text
    )
    if ($Text.Length -gt 0) {
        Add-RegistryKey -Path $Path
        New-ItemProperty -LiteralPath $Path -Name 'Ledger' -PropertyType String -Value $Text -Force | Out-Null
        return
    }
    if ($null -ne (Get-RegistryValue -Path $Path -Name 'Ledger')) {
        Remove-ItemProperty -LiteralPath $Path -Name 'Ledger'
    }
    Remove-EmptyRegistryKey -Path $Path
}

function Invoke-Step {
    <#
    .SYNOPSIS
    Carries one step out.
    .DESCRIPTION
    The roles are switched by the WSMan cmdlets themselves. What they print is dropped: only a fresh look counts.
    .PARAMETER Step
    The step.
    .PARAMETER Request
    The request the step belongs to: it names the keys.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [psobject] $Step,
        [Parameter(Mandatory)] [psobject] $Request
    )
    switch -CaseSensitive ($Step.kind) {
        'writeLedger' { Write-Ledger -Path $Request.ledgerKey -Text (ConvertFrom-WireText -Text $Step.text) }
        'enableServer' { Enable-WSManCredSSP -Role Server -Force | Out-Null }
        'disableServer' { Disable-WSManCredSSP -Role Server | Out-Null }
        'enableClient' {
            $names = @(foreach ($name in $Step.names) { ConvertFrom-WireText -Text $name })
            Enable-WSManCredSSP -Role Client -DelegateComputer $names -Force | Out-Null
        }
        'disableClient' { Disable-WSManCredSSP -Role Client | Out-Null }
        'setClientAuth' { Set-Item -LiteralPath 'WSMan:\localhost\Client\Auth\CredSSP' -Value $Step.on -Force }
        'startService' { Start-RemoteManagement }
        'writePolicy' { Write-Policy -Step $Step }
        default { throw "This version of the scripts knows no step $($Step.kind)." }
    }
}
