<#
.SYNOPSIS
Opens a session from this host to B, and from there reaches C: the second hop.
.DESCRIPTION
Prints the name of the computer that was reached and who it saw, or the id of the error and ends with 1.
The password comes from the environment, so that it is on no command line.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $B,
    [Parameter(Mandatory)] [string] $C,
    [Parameter(Mandatory)] [string] $Authentication,
    [Parameter(Mandatory)] [string] $UserName
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$password = ConvertTo-SecureString -String $env:SECOND_HOP_PASSWORD -AsPlainText -Force
$credential = New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList $UserName, $password
try {
    $session = New-PSSession -ComputerName $B -ConfigurationName 'Microsoft.PowerShell32' -Authentication $Authentication -Credential $credential
    $reached = Invoke-Command -Session $session -ArgumentList $C -ScriptBlock {
        param([string] $Name)
        Invoke-Command -ComputerName $Name -ErrorAction Stop -ScriptBlock { "$env:COMPUTERNAME as $(whoami)" }
    }
    Remove-PSSession -Session $session
    [Console]::Out.WriteLine($reached)
}
catch {
    [Console]::Out.WriteLine($_.FullyQualifiedErrorId)
    exit 1
}
